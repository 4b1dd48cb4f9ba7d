"""The board through the hub: a snapshot, then what changes, and a snapshot again for who fell behind. No database."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from api.streams import live_source
from api.streams.board import EVERYBODY, Viewer
from api.streams.hub import Hub
from api.streams.live_source import LiveSource
from api.streams.pieces import STOPPING, Mark
from api.streams.reader import Reader
from core.errors import LogAway
from projections.query.feed import Changed, Delta
from projections.query.feed import Mark as Place

pytestmark = pytest.mark.pure
A = Viewer("alpha.example")


class Tables:
    """The deltas that the database would give; an exception in between is raised."""

    def __init__(self) -> None:
        self.given: queue.Queue[Delta | Exception] = queue.Queue()
        self.begun: list[Place | None] = []
        self._position = 0

    def follow(self, dsn: str, stop: threading.Event, since: Place | None, *, people: bool) -> Iterator[Delta]:
        self.begun.append(since)
        while not stop.is_set():
            try:
                one = self.given.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(one, Exception):
                raise one
            yield one

    def change(self, *names: str, tenant: str = "alpha.example", live: bool = True, reset: bool = False) -> None:
        self._position += 1
        calls = [Changed(name, tenant, live, b'{"call_id":"%b"}' % name.encode()) for name in names]
        self.given.put(Delta(Place(self._position, 1), reset, calls, []))


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    found = Tables()
    monkeypatch.setattr(live_source, "follow", found.follow)
    return found


@asynccontextmanager
async def a_hub(kept: int = 1000) -> AsyncIterator[tuple[Hub, LiveSource]]:
    with ThreadPoolExecutor(2) as threads:
        source = LiveSource("nowhere")
        hub = Hub(source, threads, kept, resting=False)
        hub.begin()
        async with asyncio.timeout(60):
            yield hub, source
        hub.stop(*STOPPING)


async def said(reader: Reader) -> list[str]:
    """The next events: their kinds and data; marks are passed over."""
    while isinstance(piece := await reader.next(), Mark):
        pass
    return [f"{entry.event.kind} {entry.json.decode()}" for entry in piece]


async def test_a_snapshot_and_then_what_changes_of_ones_own(tables: Tables) -> None:
    async with a_hub() as (hub, source):
        tables.change("a1", reset=True)
        await asyncio.to_thread(source.ready.wait, 60)
        reader = await hub.join("live", A, -1)
        assert await said(reader) == ['snapshot [{"call_id":"a1"}]']
        tables.change("b1", tenant="beta.example")
        tables.change("a2", "a1")
        assert await said(reader) == ['call {"call_id":"a2"}', 'call {"call_id":"a1"}']
        tables.change("a1", live=False)
        assert await said(reader) == ['ended {"call_id":"a1"}']
        assert source.board(EVERYBODY) == (4, [b'{"call_id":"b1"}', b'{"call_id":"a2"}'])


async def test_many_changes_at_one_position_are_all_told_in_order(tables: Tables) -> None:
    async with a_hub() as (hub, source):
        tables.change(reset=True)
        await asyncio.to_thread(source.ready.wait, 60)
        reader = await hub.join("live", A, -1)
        assert await said(reader) == ["snapshot []"]
        names = [f"a{number}" for number in range(700)]
        tables.change(*names)
        found: list[str] = []
        while len(found) < len(names):
            found += await said(reader)
        assert found == [f'call {{"call_id":"{name}"}}' for name in names]


async def test_who_falls_behind_gets_the_board_anew(tables: Tables) -> None:
    async with a_hub(kept=10) as (hub, source):
        tables.change(reset=True)
        await asyncio.to_thread(source.ready.wait, 60)
        reader = await hub.join("live", A, -1)
        assert await said(reader) == ["snapshot []"]
        for number in range(50):
            tables.change(f"a{number}", live=number == 49)
        while hub.head < 51:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert await said(reader) == ['snapshot [{"call_id":"a49"}]']


async def test_what_was_known_is_shown_while_the_database_is_away_and_it_goes_on(tables: Tables) -> None:
    async with a_hub() as (hub, source):
        early = await hub.join("live", A, -1)
        assert await said(early) == ["snapshot []"], "before anything was read"
        tables.change("a1", reset=True)
        assert await said(early) == ["again {}"]
        tables.given.put(LogAway("gone"))
        while source.ready.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        late = await hub.join("live", A, -1)
        assert await said(late) == ['snapshot [{"call_id":"a1"}]']
        tables.change("a2")
        assert await said(late) == ['call {"call_id":"a2"}']
        assert tables.begun == [None, Place(1, 1)]
