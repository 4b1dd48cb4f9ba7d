"""A replay from begin to end: a plan that says exactly what would be done, and the doing, which can be stopped."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from api.replay.pace import Pace
from api.replay.targets import Target
from core.event import SwitchEvent

_SETTLE = 0.02
"""seconds: for a shorter wait nothing is brought to its end"""


class Plan(msgspec.Struct, frozen=True):
    """What a replay sends."""

    events: int
    bytes: int
    """of the terms"""
    first: int
    last: int
    """positions; 0 when there is nothing"""
    first_at: int | None
    last_at: int | None
    """the earliest and the latest time of an event, µs since the epoch"""
    seconds: float
    """how long it takes at the least"""


class Replayed(msgspec.Struct, frozen=True):
    """How far a replay came."""

    events: int
    position: int
    """the last that is known to have been sent"""
    complete: bool


def plan(pages: Iterable[list[SwitchEvent]], pace: Pace, advance: Callable[[float], None]) -> Plan:
    """Read all that would be sent, and send nothing."""
    events = size = first = last = 0
    times: list[int] = []
    for page in pages:
        for event in page:
            pace.step(event.occurred_at)
            size += len(event.term)
        first, last = first or page[0].position, page[-1].position
        events += len(page)
        happened = [event.occurred_at for event in page] + times
        times = [min(happened), max(happened)]
        advance(last)
    first_at, last_at = times or (None, None)
    return Plan(events, size, first, last, first_at, last_at, pace.due)


async def replay(
    pages: Iterable[list[SwitchEvent]],
    pace: Pace,
    target: Target,
    behind: Callable[[int], str],
    stop: asyncio.Event,
    advance: Callable[[Replayed], None],
) -> Replayed:
    """Send all, each event when it is due; `stop` ends it after the present event.

    `target` has been started. `advance` is told how far it is whenever that is certain; when the target fails, its
    error is raised, and the last that was told is where to go on.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    done = Replayed(0, 0, False)
    sent = 0
    source = iter(pages)
    while (page := await asyncio.to_thread(next, source, None)) is not None:
        for event in page:
            wait = begun + pace.step(event.occurred_at) - loop.time()
            if wait > _SETTLE:
                await target.settle()
                done = _told(done, sent, advance)
            if wait > 0:
                await _until(stop, wait)
            if stop.is_set():
                await target.settle()
                return _told(done, sent, advance)
            await target.send(event, behind(event.position))
            sent, done = sent + 1, msgspec.structs.replace(done, position=event.position)
        await target.settle()
        done = _told(done, sent, advance)
    return msgspec.structs.replace(done, complete=True)


def _told(done: Replayed, sent: int, advance: Callable[[Replayed], None]) -> Replayed:
    settled = msgspec.structs.replace(done, events=sent)
    advance(settled)
    return settled


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
