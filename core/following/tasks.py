"""The coroutine that follows something: `follower` without a thread, for what must stand on an event loop."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from core.following.course import FIRST, LONGEST, LONGEST_STEP, Course
from core.following.ending import end_process
from core.following.here import listed

LOG = logging.getLogger("harmony.following")


async def follow(
    name: str,
    step: Callable[[], Awaitable[object]],
    every: float,
    *,
    wake: asyncio.Event | None = None,
    stopping: asyncio.Event | None = None,
    first: float = FIRST,
    longest: float = LONGEST,
    longest_step: float = LONGEST_STEP,
) -> None:
    """Step every so many seconds, or when ``wake`` is set; until ``stopping`` is, or for ever. Cancel it to end.

    An exception is said, counted and shown, and after a pause that ``wake`` does not end there is the next step.
    """
    await _follow(name, lambda well: step(), every, wake, stopping, Course(name, first, longest, longest_step))


async def follow_sessions(
    name: str,
    session: Callable[[Callable[[], None]], Awaitable[object]],
    *,
    stopping: asyncio.Event,
    first: float = FIRST,
    longest: float = LONGEST,
) -> None:
    """As `follow`, for what lasts as long as nothing fails: it calls what it is given whenever it has done its work.

    Else a trouble that is long over would be shown until the session ends.
    """
    await _follow(name, session, 0, None, stopping, Course(name, first, longest, longest_step=math.inf))


async def _follow(
    name: str,
    step: Callable[[Callable[[], None]], Awaitable[object]],
    every: float,
    wake: asyncio.Event | None,
    stopping: asyncio.Event | None,
    course: Course,
) -> None:
    def well() -> None:
        lasted = course.well(time.time())
        if lasted is not None:
            LOG.info("%s is well again after %.1f s", name, lasted)

    with listed(course):
        while stopping is None or not stopping.is_set():
            pause, ends = every, wake or stopping
            if wake is not None:
                wake.clear()
            course.works(time.time())
            try:
                await step(well)
            except Exception as error:  # the one place
                failed = course.failed(error, time.time(), random.random())
                # Whoever wakes it could else have it try again and again, as fast as strangers ask.
                pause, ends = failed.pause, stopping
                if failed.say:
                    trace = error if failed.unforeseen else None
                    LOG.warning("%s is in trouble and tries again: %s", name, failed.sentence, exc_info=trace)
            else:
                well()
            course.rests()
            await _rest(pause, ends)


async def _rest(seconds: float, event: asyncio.Event | None) -> None:
    if event is None:
        await asyncio.sleep(seconds)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def kept(task: asyncio.Task[Any], ended: Callable[[str], None] = end_process) -> asyncio.Task[Any]:
    """Have the process end when a task that must not end does, unless it was cancelled."""

    def done(task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            return
        trace = task.exception()
        if task.cancelling():
            LOG.error("%s did not end well", task.get_name(), exc_info=trace)
        else:
            LOG.critical("%s ended: the process ends, to be started again", task.get_name(), exc_info=trace)
            ended(task.get_name())

    task.add_done_callback(done)
    return task
