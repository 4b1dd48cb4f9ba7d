"""The same on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from core.following import standings
from core.following.course import HANGS
from core.following.tasks import follow, follow_sessions, kept

pytestmark = pytest.mark.pure


async def test_it_goes_on_whatever_is_raised(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    left: list[Exception] = [OSError("no way"), RecursionError()]
    done = asyncio.Event()

    async def step() -> None:
        if left:
            raise left.pop()
        done.set()

    task = asyncio.create_task(follow("beat", step, 0.001, first=0.001))
    await asyncio.wait_for(done.wait(), 60)
    (mine,) = [one for one in standings() if one.name == "beat"]
    assert mine.failures == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "beat is in trouble and tries again: OSError: no way" in caplog.text
    assert not [one for one in standings() if one.name == "beat"]


async def test_what_lasts_says_itself_that_it_is_well() -> None:
    stopping, sessions = asyncio.Event(), 0

    async def session(well: Callable[[], None]) -> None:
        nonlocal sessions
        sessions += 1
        if sessions == 1:
            raise OSError("no way")
        assert [one.trouble for one in standings() if one.name == "shift"] == ["OSError: no way"]
        well()
        assert [one.trouble for one in standings() if one.name == "shift"] == [None], "and it has not ended"
        stopping.set()

    await asyncio.wait_for(follow_sessions("shift", session, stopping=stopping, first=0.001), 60)
    assert sessions == 2


async def test_it_is_woken() -> None:
    wake, steps = asyncio.Event(), asyncio.Semaphore(0)

    async def step() -> None:
        steps.release()

    task = asyncio.create_task(follow("beat", step, 3600, wake=wake))
    for _ in range(3):
        await asyncio.wait_for(steps.acquire(), 60)
        wake.set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_wakes_it_does_not_end_the_pause_after_a_failure() -> None:
    wake, tries, failed = asyncio.Event(), 0, asyncio.Event()

    async def step() -> None:
        nonlocal tries
        tries += 1
        failed.set()
        raise OSError("no way")

    task = asyncio.create_task(follow("beat", step, 0, wake=wake, first=3600, longest=3600))
    await asyncio.wait_for(failed.wait(), 60)
    for _ in range(100):
        wake.set()
        await asyncio.sleep(0)
    assert tries == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_task_that_must_not_end_is_told_when_it_does() -> None:
    ended: list[str] = []

    async def fail() -> None:
        raise OSError("no way")

    task = kept(asyncio.create_task(fail(), name="heart"), ended.append)
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert ended == ["heart"]
    other = kept(asyncio.create_task(asyncio.sleep(3600)), ended.append)
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    assert ended == ["heart"]


async def test_a_step_that_does_not_come_back_is_shown_and_what_lasts_is_not() -> None:
    stopping, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def step(*args: object) -> None:
        begun.release()
        await asyncio.Event().wait()

    tasks = [
        asyncio.create_task(follow("beat", step, 1, longest_step=0)),
        asyncio.create_task(follow_sessions("shift", step, stopping=stopping)),
    ]
    await begun.acquire()
    await begun.acquire()
    assert [one.name for one in standings() if one.trouble == HANGS] == ["beat"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
