"""The demo plays at ten times the speed of life, the server is killed and comes again: every subscriber of each kind
sees every event of its filter, in order, and at least once.

HARMONY_TEST_SUBSCRIBERS says how many of each kind there are (5; 100 is the heavy form).
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core import cursor
from projections.query.events import EventFilter, call_events, head
from tests.api.conftest import until
from tests.api.http.subscribers import Puller, Socket, Stream, Subscriber
from tests.api.processes.test_machine import Whole, service

pytestmark = pytest.mark.http
EACH = int(os.environ.get("HARMONY_TEST_SUBSCRIBERS", "5"))
PATIENCE = 60 + EACH
ENOUGH = 80 if EACH < 50 else 600
"""events before the server is killed, and again behind that"""
QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"types": "call.*"},
    {"party": "1003"},
    {"types": "call.answered,call.ended", "direction": "internal"},
    {"types": "queue.*,registration.*,switch.*"},
    {"party": "1001@alpha.example"},
    {"direction": "inbound"},
)


@pytest.fixture
def playing(dsn: str, tmp_path: Path) -> Iterator[Whole]:
    whole = Whole(tmp_path / "data", "--demo", "--demo-speed", "10", dsn=dsn)
    yield whole
    if whole.running.process.poll() is None:
        whole.running.stop(signal.SIGKILL)


class Table:
    """What the database holds; the end of the test is a position of it, once it is known."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        row = self._connection.execute("SELECT id FROM log.installation").fetchone()
        assert row is not None
        self._installation = row[0]
        self.end: int | None = None

    def head(self) -> int:
        return head(self._connection)

    def position(self, text: str) -> int:
        return cursor.position("calls", self._installation, text)

    def reached(self, text: str) -> bool:
        return self.end is not None and text != "beginning" and self.position(text) >= self.end

    def right(self, query: dict[str, str]) -> list[tuple[str, str]]:
        """Subject and id of all events that a subscriber must have seen."""
        types = tuple(query["types"].split(",")) if "types" in query else ()
        wanted = EventFilter(types=types, party=query.get("party"), direction=query.get("direction"))
        return [(e.subject, e.event_id) for e in call_events(self._connection, 0, 1_000_000, wanted, self.end)]

    def close(self) -> None:
        self._connection.close()


async def test_each_subscriber_sees_all_of_its_filter_across_a_killed_server(playing: Whole, dsn: str) -> None:
    with await asyncio.to_thread(playing.client) as client:
        token = client.headers["authorization"].split()[1]
        table = Table(dsn)
        everybody: list[Subscriber] = [
            kind(f"http://127.0.0.1:{playing.port}", token, QUERIES[number % len(QUERIES)], table.reached)
            for number in range(EACH)
            for kind in (Stream, Socket, Puller)
        ]
        running = [asyncio.create_task(one.run()) for one in everybody]

        def published(more: int) -> bool:
            return table.head() >= more

        await asyncio.to_thread(until, lambda: published(ENOUGH), "events", PATIENCE)
        pid = await asyncio.to_thread(until, lambda: service(client, "http"), "the server", PATIENCE)
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(until, lambda: published(2 * ENOUGH), "more events", PATIENCE)
        table.end = table.head()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*running)
    for one in everybody:
        right = table.right(one.query)
        seen = [(e["subject"], e["id"]) for e in one.seen if table.position(e["cursor"]) <= table.end]
        assert set(seen) == set(right), (type(one).__name__, one.query)
        # In the order of the log, and so of each call; what came twice came in that order again.
        assert list(dict.fromkeys(seen)) == right, (type(one).__name__, one.query)
        assert one.connections >= 2, "it was there when the server was killed"
    table.close()
    assert await asyncio.to_thread(playing.running.stop) == 0
