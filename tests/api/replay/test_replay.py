"""`harmony replay` to files, to the standard output, over HTTP: what goes out, how it stops, what it leaves alone."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.operations.captures import import_file
from core.capture import read_capture
from core.log import EventLog
from core.migrate import migrate
from projections.callflow import TOPICS, CallFold
from projections.query import get_call
from projections.runner import Runner
from tests.api.conftest import Site, until

pytestmark = pytest.mark.database


@pytest.fixture
def recorded(filled: Callable[..., Site]) -> Site:
    """A transfer, two companies, a queue."""
    return filled("13", "42", "30")


def terms(site: Site, first: int = 1, last: int = 10**9) -> list[bytes]:
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        events = [event for event in log.read(0, 10_000) if first <= event.position <= last]
    return [event.term for event in events if not event.topic.startswith("CUSTOM harmony::operator")]


def document(dsn: str, call_id: str) -> Any:
    with psycopg.connect(dsn) as connection:
        found = get_call(connection, call_id)
    assert found is not None
    told = json.loads(found.document)
    del told["first_position"], told["last_position"]
    for one in told["evidence"]:
        one.pop("position")
    return told


def test_a_file_holds_the_terms_byte_for_byte(recorded: Site, tmp_path: Path) -> None:
    path = tmp_path / "all.etf.gz"
    done = recorded.ok("replay", "--speed", "max", "--to", "file", path)
    assert [record.term for record in read_capture(path)] == terms(recorded)
    assert f"events sent to the file {path}" in done.err


def test_a_call_with_all_that_told_of_it_folds_elsewhere_to_the_same(
    recorded: Site, tmp_path: Path, new_database: Callable[[], str], connection: psycopg.Connection[Any]
) -> None:
    """A transfer that made one call of two, by an alias; a call that waited in a queue, whose events have no leg."""
    asked = {}
    for query in (
        "SELECT alias, call_id FROM calls.alias LIMIT 1",
        "SELECT call_id, call_id FROM calls.call WHERE queue IS NOT NULL",
    ):
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        asked[row[0]] = row[1]
    elsewhere = new_database()
    migrate(elsewhere)
    for number, name in enumerate(asked):
        path = tmp_path / f"{number}.etf"
        recorded.ok("replay", "--call", name, "--speed", "max", "--to", "file", path)
        with EventLog(elsewhere) as log:
            assert import_file(log, path, None, lambda offset: None).refused is None
    Runner(elsewhere, CallFold, TOPICS).run_once()
    assert recorded.dsn is not None
    for call_id in asked.values():
        assert document(elsewhere, call_id) == document(recorded.dsn, call_id)


def test_lines_are_events_as_streams_send_them(recorded: Site) -> None:
    found = recorded.ok("replay", "--speed", "max", "--types", "freeswitch.CHANNEL_ANSWER,CHANNEL_HANGUP*").lines
    assert {event["type"] for event in found} == {
        "freeswitch.CHANNEL_ANSWER",
        "freeswitch.CHANNEL_HANGUP",
        "freeswitch.CHANNEL_HANGUP_COMPLETE",
    }
    assert [int(event["position"]) for event in found] == sorted(int(event["position"]) for event in found)
    assert {event["specversion"] for event in found} == {"1.0"}
    assert all(event["data"]["Event-Sequence"] for event in found)


def test_a_span_of_time_is_that_of_the_switches_clocks(recorded: Site) -> None:
    every = recorded.ok("replay", "--speed", "max").lines
    span = recorded.ok(
        "replay", "--speed", "max", "--from", "2026-11-23T08:51:18Z", "--until", "2026-11-23T08:51:20Z"
    ).lines
    assert span == [e for e in every if "2026-11-23T08:51:18" <= e["time"] < "2026-11-23T08:51:20"] != []
    east = recorded.ok(
        *("replay", "--speed", "max", "--time-zone", "Europe/Berlin"),
        *("--from", "2026-11-23T09:51:18", "--until", "2026-11-23T09:51:20"),
    )
    assert east.lines == span


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    recorded: Site, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    path = tmp_path / "not-made.etf"
    told = recorded.ok(
        "replay", "--until", "2026-11-23T08:52:00Z", "--speed", "10", "--to", "file", path, "--dry-run", "--json"
    ).json
    assert told["events"] == 196
    assert told["bytes"] == sum(map(len, terms(recorded, last=196)))
    assert (told["first"], told["last"]) == (1, 196)
    assert told["first_at"].startswith("2026-11-23T08:51:16.")
    assert 0.5 < told["seconds"] < 1.5
    assert str(path) in told["to"]
    assert not path.exists()
    assert operators(connection) == []


def operators(connection: psycopg.Connection[Any]) -> list[Any]:
    return connection.execute("SELECT topic FROM log.switch_event WHERE topic = 'CUSTOM harmony::operator'").fetchall()


OUTSIDE = ("log.call_event", "log.command", "log.imported_range", "hooks.delivery")


def test_a_replay_is_recorded_and_does_nothing_else(
    recorded: Site, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    before = [connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() for table in OUTSIDE]
    head = len(terms(recorded))
    recorded.ok("replay", "--speed", "max", "--to", "file", tmp_path / "x.etf")
    recorded.ok("project", "--once")
    after = [connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() for table in OUTSIDE]
    assert after[1:] == before[1:]
    assert len(terms(recorded)) == head
    assert len(operators(connection)) == 1
    (act,) = recorded.ok("events", "export", "--topic", "CUSTOM harmony::operator").lines
    assert act["headers"]["Harmony-Action"] == "replay"
    assert "x.etf" in act["headers"]["Harmony-Subject"]
    # And what operators did is replayed only to those who ask for it.
    shown = recorded.ok("replay", "--speed", "max", "--types", "CUSTOM harmony::*").lines
    assert "freeswitch.CUSTOM.harmony::operator" in {event["type"] for event in shown}


def test_stopped_it_says_how_far_it_came_and_goes_on_from_there(recorded: Site, tmp_path: Path) -> None:
    path = tmp_path / "x.etf"
    running = recorded.start("replay", "--to", "file", path)
    until(lambda: path.exists() and path.stat().st_size > 50_000, "something in the file")
    assert running.stop(signal.SIGINT) == 1
    (says,) = [line for line in running.said if "go on with --after" in line]
    sent = sum(1 for _ in read_capture(path))
    every = terms(recorded)
    assert 0 < sent < len(every)
    assert f"behind {sent} events" in says
    refused = recorded.run("replay", "--speed", "max", "--to", "file", path)
    assert refused.code == 2
    assert "is there already" in refused.err
    recorded.ok("replay", "--speed", "max", "--to", "file", path, "--after", says.split()[-1])
    assert [record.term for record in read_capture(path)] == every


class Receiver:
    """An HTTP server that takes batches, after it has refused some."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.headers: list[dict[str, str]] = []
        self.refuse = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.headers.append(dict(self.headers))
                status = 503 if outer.refuse > 0 else 204
                outer.refuse -= 1
                if status == 204:
                    outer.batches.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/events?from=harmony"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_over_http_it_comes_in_batches_and_is_tried_again(recorded: Site, receiver: Receiver) -> None:
    receiver.refuse = 1
    done = recorded.ok("replay", "--speed", "max", "--to", "http", receiver.url, "--header", "X-Key: abc", "--json")
    every = recorded.ok("replay", "--speed", "max").lines
    assert [event for batch in receiver.batches for event in batch] == every
    assert max(map(len, receiver.batches)) == 100
    assert {headers["Content-Type"] for headers in receiver.headers} == {"application/cloudevents-batch+json"}
    assert {(headers["X-Key"], headers["Harmony-Replay"]) for headers in receiver.headers} == {("abc", "true")}
    assert (done.json["events"], done.json["complete"]) == (len(every), True)
    assert done.json["cursor"] == every[-1]["cursor"]


def test_who_refuses_stops_it_with_the_place_to_go_on_from(
    recorded: Site, receiver: Receiver, monkeypatch: Any
) -> None:
    receiver.server.shutdown()
    receiver.server.server_close()
    done = recorded.run("replay", "--speed", "max", "--to", "http", receiver.url)
    assert done.code == 1
    assert "did not take 100 events in 4 attempts" in done.err
    assert "0 events were sent; go on with --after" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "nowhere"], "is no target"),
        (["--to", "file"], "is no target"),
        (["--to", "http", "ftp://x"], "is no address"),
        (["--to", "erlang-node", "x"], "is no target"),
        (["--to", "erlang-node", "x@y"], "needs a cookie"),
        (["--to", "stdout", "--as", "terms"], "terms go to a file"),
        (["--call", "nobody"], "There is no call 'nobody'"),
        (["--after", "no-cursor"], "is no cursor"),
        (["--from", "soon"], "is no time"),
        (["--idle", "-1"], "is no number of seconds"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(site: Site, arguments: list[str], says: str) -> None:
    done = site.run("replay", *arguments)
    assert done.code in (1, 2)
    assert says in done.err
