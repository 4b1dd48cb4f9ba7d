"""Traces go to a real receiver over HTTP: each ended call once, and again where the receiver was away or died on it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from api.exports.collector import TraceSender, TracesNotTaken
from api.exports.traces import trace_id
from core.log import EventLog
from core.log.hearing import connected
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.commands.living import SWITCH, store_until
from tests.api.conftest import Site, until

pytestmark = pytest.mark.database


class Collector:
    """A receiver of OTLP/HTTP that answers what a test says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[str | None] = []
        self.answers: list[int] = []
        """statuses to come; 200 when there are none"""
        self.many: int | None = None
        """a status for whatever has more than one call"""
        self.says = b"{}"
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = collector.answers.pop(0) if collector.answers else 200
                if collector.many is not None and len(roots(body)) > 1:
                    status = collector.many
                if status == 200:
                    collector.requests.append(body)
                    collector.headers.append(self.headers["Authorization"])
                self.send_response(status)
                self.send_header("Content-Length", str(len(collector.says)))
                self.end_headers()
                self.wfile.write(collector.says)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def calls(self) -> list[str]:
        return [root["traceId"] for body in self.requests for root in roots(body)]


def roots(body: dict[str, Any]) -> list[dict[str, Any]]:
    scopes = [scope for one in body["resourceSpans"] for scope in one["scopeSpans"]]
    return [span for scope in scopes for span in scope["spans"] if "parentSpanId" not in span]


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


def happen(dsn: str, *scenarios: tuple[str, int]) -> None:
    """Calls as a switch tells them now, to their end."""
    with EventLog(dsn) as log:
        for number, legs in scenarios:
            store_until(log, SWITCH, number, "CHANNEL_DESTROY", legs)
    Runner(dsn, CallFold, TOPICS).run_once()


def steps(sender: TraceSender) -> None:
    with sender.session() as session:
        while session.step():
            pass


def test_each_call_goes_out_once_it_has_ended_and_waits_while_nobody_takes_it(site: Site, collector: Collector) -> None:
    dsn = site.dsn or ""
    happen(dsn, ("03", 2))  # before the setting was made
    sender = TraceSender(dsn, collector.url, "harmony@here", "Bearer word")
    steps(sender)
    assert collector.calls == []
    happen(dsn, ("01", 2), ("04", 2))
    collector.answers = [503]
    with pytest.raises(TracesNotTaken, match="answers 503"):
        steps(sender)
    assert collector.calls == []
    steps(sender)
    with connected(dsn, "test") as connection:
        ended = connection.execute("SELECT call_id FROM calls.call WHERE ended_at IS NOT NULL ORDER BY 1").fetchall()
    assert len(ended) == 3
    assert len(collector.calls) == len(set(collector.calls)) == sender.sent == 2
    assert set(collector.calls) < {trace_id(str(row[0])) for row in ended}
    assert set(collector.headers) == {"Bearer word"}
    steps(TraceSender(dsn, collector.url, "harmony@here"))  # another process later
    assert len(collector.calls) == 2


def test_what_is_refused_for_good_is_put_aside_and_the_rest_goes_on(site: Site, collector: Collector) -> None:
    dsn = site.dsn or ""
    sender = TraceSender(dsn, collector.url, "harmony@here")
    steps(sender)
    happen(dsn, ("01", 2), ("03", 2), ("04", 2))
    collector.many = 413
    collector.answers = [413, 200, 400, 200]  # all of them, then one by one
    steps(sender)
    assert (len(collector.calls), sender.refused, sender.standing.put_aside) == (2, 1, 1)
    collector.many, collector.says = None, b'{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}'
    happen(dsn, ("06", 2))
    steps(sender)
    assert sender.standing.put_aside == 2
    with httpx.Client() as client, connected(dsn, "test") as connection:
        assert sender.step(connection, client) is False


def test_it_follows_in_its_thread_and_outlives_a_collector_that_is_away(site: Site, collector: Collector) -> None:
    dsn = site.dsn or ""
    sender = TraceSender(dsn, collector.url, "harmony@here")
    sender.start()
    try:
        with connected(dsn, "test") as connection:
            until(lambda: connection.execute("SELECT FROM log.call_follower").fetchall(), "its place")
        collector.answers = [503]
        happen(dsn, ("01", 2))
        until(lambda: collector.calls, "the trace, after a failure")
        until(lambda: sender.standing.trouble is None, "well again")
    finally:
        assert sender.stop()
