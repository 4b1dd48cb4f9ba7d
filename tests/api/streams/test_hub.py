"""Readers see everything that their filter lets through, in order, whatever their pace; and are told where they are."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from api.streams.hub import Hub
from api.streams.pieces import AWAY, DROPPED, SLOW, STOPPING, Closed, Mark
from api.streams.reader import Reader
from core.errors import LogAway
from projections.published.filter import EventFilter
from tests.api.streams.fake_source import FakeSource, an_event

pytestmark = pytest.mark.pure
ALL = EventFilter()
PATIENCE = 30.0


@asynccontextmanager
async def a_hub(source: FakeSource, kept: int = 1000) -> AsyncIterator[Hub]:
    with ThreadPoolExecutor(2) as threads:
        hub = Hub(source, threads, kept)
        async with asyncio.timeout(PATIENCE):
            yield hub
        hub.stop(*STOPPING)


async def seen(reader: Reader, upto: int) -> list[int]:
    """The positions of the events up to one, marks left out."""
    found: list[int] = []
    while not found or found[-1] < upto:
        piece = await reader.next()
        if not isinstance(piece, Mark):
            found += [entry.position for entry in piece]
    return found


async def mark(reader: Reader) -> str:
    """The next piece, which is a mark."""
    piece = await reader.next()
    assert isinstance(piece, Mark)
    assert piece.cursor == reader.cursor
    return piece.mark


async def handed_out(hub: Hub, position: int) -> None:
    while hub.head < position:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_from_the_beginning_the_past_comes_first_then_a_mark_then_what_is_new() -> None:
    source = FakeSource()
    source.publish(*(an_event(position) for position in range(1, 501)))
    async with a_hub(source) as hub:
        reader = await hub.join("test", ALL, 0)
        assert await seen(reader, 500) == list(range(1, 501))
        assert await mark(reader) == "caught-up"
        source.publish(an_event(501), an_event(502))
        assert await seen(reader, 502) == [501, 502]


async def test_from_now_on_nothing_old_comes() -> None:
    source = FakeSource()
    source.publish(an_event(1))
    async with a_hub(source) as hub:
        reader = await hub.join("test", ALL, None)
        assert await mark(reader) == "caught-up"
        source.publish(an_event(2))
        assert await seen(reader, 2) == [2]
        assert source.readings == 0


async def test_a_reader_that_memory_outran_is_told_and_misses_nothing() -> None:
    source = FakeSource()
    async with a_hub(source, kept=10) as hub:
        reader = await hub.join("test", ALL, None)
        assert await mark(reader) == "caught-up"
        source.publish(*(an_event(position) for position in range(1, 101)))
        await handed_out(hub, 100)
        assert await mark(reader) == "fell-behind"
        assert await seen(reader, 100) == list(range(1, 101))
        assert await mark(reader) == "caught-up"


async def test_checkpoints_lead_on_while_the_filter_hides_everything() -> None:
    source = FakeSource()
    async with a_hub(source) as hub:
        reader = await hub.join("test", EventFilter(party="1009"), None)
        assert await mark(reader) == "caught-up"
        source.publish(*(an_event(position) for position in range(1, 11)))
        await handed_out(hub, 10)
        waiting = asyncio.ensure_future(mark(reader))
        await asyncio.sleep(0)
        hub.tick(time.monotonic() + 100, patience=1000, beat=5)
        assert await waiting == "checkpoint"
        assert source.position(reader.cursor) == 10


async def test_who_does_not_take_what_is_sent_is_ended_and_the_others_go_on() -> None:
    source = FakeSource()
    async with a_hub(source) as hub:
        slow, quick = [await hub.join("test", ALL, None) for _ in range(2)]

        sending = asyncio.Event()

        async def stuck() -> None:
            assert await mark(slow) == "caught-up"
            assert await slow.next()
            with slow:
                sending.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(stuck())
        assert await mark(quick) == "caught-up"
        source.publish(an_event(1))
        assert await seen(quick, 1) == [1]
        await sending.wait()
        hub.tick(time.monotonic() + 100, patience=20, beat=1000)
        with pytest.raises(Closed) as end:
            await task
        assert (end.value.code, end.value.reason) == SLOW
        assert source.position(slow.closed(end.value).cursor) == 0, "it did not get the first event"
        assert not task.cancelled()
        source.publish(an_event(2))
        assert await seen(quick, 2) == [2]
        assert hub.slow == 1


async def test_the_end_is_told_with_its_reason() -> None:
    async with a_hub(FakeSource()) as hub:
        reader = await hub.join("test", ALL, None)
        assert await mark(reader) == "caught-up"
        waiting = asyncio.ensure_future(reader.next())
        await asyncio.sleep(0)
        hub.stop(*STOPPING)
        with pytest.raises(Closed) as end:
            await waiting
        assert (end.value.code, end.value.reason) == STOPPING


@pytest.mark.parametrize("why", ["dropped", "away"])
async def test_a_reader_of_the_past_is_told_why_it_cannot_go_on(why: str) -> None:
    source = FakeSource()
    source.publish(an_event(1), an_event(9))
    if why == "dropped":
        source.lowest = 5
    else:
        source.failing = LogAway("gone")
    async with a_hub(source) as hub:
        reader = await hub.join("test", ALL, 2)
        with pytest.raises(Closed) as end:
            await reader.next()
        assert (end.value.code, end.value.reason) == (DROPPED if why == "dropped" else AWAY)


@pytest.mark.parametrize("problem", [LogAway("gone"), ValueError("not foreseen")])
async def test_a_log_that_is_away_for_a_while_is_followed_on_from_where_it_was(
    problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    source = FakeSource()
    async with a_hub(source) as hub:
        reader = await hub.join("test", ALL, None)
        assert await mark(reader) == "caught-up"
        source.publish(an_event(1))
        assert await seen(reader, 1) == [1]
        source.failing = problem
        while "in trouble and tries again" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        source.publish(an_event(2))
        source.failing = None
        assert await seen(reader, 2) == [2]


async def test_an_event_that_cannot_be_written_is_put_aside_and_the_others_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = FakeSource()
    source.poison = {2, 4}
    async with a_hub(source) as hub:
        reader = await hub.join("test", ALL, None)
        assert await mark(reader) == "caught-up"
        source.publish(an_event(1), an_event(2), an_event(3))
        assert await seen(reader, 3) == [1, 3]
        source.publish(an_event(4))
        source.publish(an_event(5))
        assert await seen(reader, 5) == [5]
    assert "put it aside (ValueError: poison)" in caplog.text


async def test_equal_filters_share_a_channel_and_equal_questions_one_reading() -> None:
    source = FakeSource()
    source.publish(*(an_event(position) for position in range(1, 151)))
    async with a_hub(source) as hub:
        readers = [await hub.join("test", EventFilter(party="1001"), 0) for _ in range(50)]
        assert len({id(reader.channel) for reader in readers}) == 1
        found = await asyncio.gather(*(seen(reader, 150) for reader in readers))
        assert found == [list(range(1, 151))] * 50
        assert source.readings == 1


async def test_without_readers_nothing_is_read_and_the_next_one_misses_nothing() -> None:
    source = FakeSource()
    async with a_hub(source) as hub:
        first = await hub.join("test", ALL, None)
        first.leave()
        hub.tick(time.monotonic() + 1000, patience=20, beat=5)
        assert hub.readers == []
        source.publish(an_event(1))
        second = await hub.join("test", ALL, 0)
        source.publish(an_event(2))
        assert await seen(second, 2) == [1, 2]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_the_pace_everything_comes_once_and_in_order(seed: int) -> None:
    """Little memory, readers that come and go with their cursor, some of them dawdling."""
    chance = random.Random(seed)
    source = FakeSource()
    total = 600
    events = [an_event(n, parties=(str(chance.randrange(3)),)) for n in range(1, total + 1)]
    filters = [ALL, *(EventFilter(party=str(number)) for number in range(3)), EventFilter(party="nobody")]

    async def follow(hub: Hub, wanted: EventFilter) -> list[int]:
        found: list[int] = []
        after = 0
        while after < total:
            reader = await hub.join("test", wanted, after)
            for _ in range(chance.randrange(1, 20)):
                piece = await reader.next(chance.randrange(1, 30), wait=False)
                if not isinstance(piece, Mark):
                    found += [entry.position for entry in piece]
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
            after = source.position(reader.cursor)
            reader.leave()
        return found

    async with a_hub(source, kept=40) as hub:
        following = [asyncio.create_task(follow(hub, wanted)) for wanted in filters * 2]
        while events:
            source.publish(*(events.pop(0) for _ in range(min(len(events), chance.randrange(1, 40)))))
            await asyncio.sleep(0)
        for wanted, found in zip(filters * 2, await asyncio.gather(*following), strict=True):
            assert found == [event.position for event in source.events if wanted.matches(event)]
