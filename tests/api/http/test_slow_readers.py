"""Who does not read what is sent to him is disconnected with a reason, and nobody else notices."""

import asyncio
import json
import socket as sockets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from websockets.sync.client import connect

from api.access import installation_token
from api.http.app import application
from api.site import Site
from api.streams import Streams
from core.settings import Settings
from tests.api.conftest import PATIENCE, until
from tests.api.http.test_streams import end_of, messages, until_mark
from tests.ports import free_port

pytestmark = pytest.mark.http
EVENTS = 4000
_PUBLISH = """
    INSERT INTO log.call_event (originator_id, originator_version, topic, state, event_id, tenant, occurred_at,
        caused_position, subject, call_id, direction)
    SELECT gen_random_uuid(), 1, 'call.answered', convert_to(jsonb_build_object('caused_position', 1,
        'data', jsonb_build_object('by', repeat('x', 2500)))::text, 'UTF8'), 'event-' || n, 'alpha.example', now(),
        1, 'call-' || n, 'call-' || n, 'internal'
    FROM generate_series(1, {}) AS n
"""


class Here:
    """The application in this process, with little patience."""

    def __init__(self, dsn: str, data: Path) -> None:
        self.token = installation_token.ensure(data, anew=True) or ""
        self.port = free_port()
        self.app = application(Site(settings=Settings(data=data), dsn=dsn))
        self.app.state.services.streams = self.streams = Streams(dsn, patience=0.5)
        listener = sockets.create_server(("127.0.0.1", self.port))
        listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 32_768)
        config = uvicorn.Config(self.app, log_config=None, ws_per_message_deflate=False, timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve([listener])))

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=PATIENCE)

    def raw(self) -> sockets.socket:
        """A connection with little room on this side too."""
        made = sockets.socket()
        made.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        made.connect(("127.0.0.1", self.port))
        return made

    def slow(self) -> Any:
        return self.streams.stats()["disconnected_slow"]


@pytest.fixture
def here(dsn: str, tmp_path: Path) -> Iterator[Here]:
    running = Here(dsn, tmp_path)
    running.thread.start()
    until(lambda: running.server.started, "the server")
    yield running
    running.server.should_exit = True
    running.thread.join(PATIENCE)


def test_slow_readers_are_ended_and_the_others_get_everything(here: Here, connection: psycopg.Connection[Any]) -> None:
    bearer = [f"harmony.bearer.{here.token}"]
    address = f"ws://127.0.0.1:{here.port}/v1/ws"
    with (
        here.client() as client,
        client.stream("GET", "/v1/stream?types=call.*") as quick,
        here.raw() as sse,
        connect(address, sock=here.raw(), subprotocols=bearer, max_queue=1) as ws,  # type: ignore[arg-type]
    ):
        stream = messages(quick)
        assert until_mark(stream, "caught-up")[0] == []
        asking = f"GET /v1/stream HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {here.token}\r\n\r\n"
        sse.sendall(asking.encode())
        assert json.loads(ws.recv(PATIENCE))["mark"] == "caught-up"
        until(lambda: here.streams.stats()["subscribers"] == {"sse": 2, "ws": 1, "pull": 0}, "three readers")
        connection.execute(_PUBLISH.format(EVENTS).encode())
        connection.execute("NOTIFY harmony_calls")
        got = [data["id"] for name, _, data in stream_until(stream, EVENTS) if name == "message"]
        assert got == [f"event-{n}" for n in range(1, EVENTS + 1)]
        until(lambda: here.slow() == 2, "two readers that were ended")
        assert here.streams.stats()["subscribers"] == {"sse": 1, "ws": 0, "pull": 0}
        closed = end_of(ws)
        assert (closed.code, closed.reason) == (4008, "You read too slowly: connect again with the last cursor.")
        told = b""
        while more := sse.recv(1 << 16):
            told += more
        last = json.loads(told.split(b"event: closed\n")[1].split(b"\ndata: ")[1].splitlines()[0])
        assert last["reason"] == closed.reason
        # With its cursor the reader goes on as if nothing had been.
        seen = told.count(b'"specversion"')
        assert 0 < seen < EVENTS
        page = client.get("/v1/events", params={"after": last["cursor"], "limit": 1}).json()
        assert page["events"][0]["id"] == f"event-{seen + 1}"


def stream_until(stream: Iterator[tuple[str, str, dict[str, Any]]], count: int) -> Iterator[Any]:
    """Messages until so many were events."""
    for message in stream:
        yield message
        count -= message[0] == "message"
        if not count:
            return
