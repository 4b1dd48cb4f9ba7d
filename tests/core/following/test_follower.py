"""The one loop: it catches everything, shows it, goes on, and never dies alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.following import Follower, Session, standings
from core.following.course import HANGS, Course

pytestmark = pytest.mark.pure


class Steps(Follower):
    """Does what it is given, one step each; then sets `done` and waits."""

    def __init__(self, *steps: Callable[[], bool], ended: Callable[[str], None] = lambda name: None) -> None:
        super().__init__("steps", first=0.001, longest=0.002, ended=ended)
        self.left = list(steps)
        self.sessions = 0
        self.open = False
        self.done = threading.Event()

    @contextmanager
    def session(self) -> Iterator[Session]:
        self.sessions += 1
        self.open = True
        try:
            yield Session(self._step, lambda: self.rest(None))
        finally:
            self.open = False

    def _step(self) -> bool:
        assert self.open
        if not self.left:
            self.done.set()
            return False
        return self.left.pop(0)()


def failing(error: BaseException) -> Callable[[], bool]:
    def step() -> bool:
        raise error

    return step


def more() -> bool:
    return True


def test_whatever_is_raised_is_said_counted_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    errors = [
        OSError(5, "Input/output error"),
        OverflowError("too large"),
        RecursionError(),
        MemoryError(),
        KeyError(1),
    ]
    follower = Steps(more, *(failing(error) for error in errors), more)
    follower.start()
    assert follower.done.wait(60)
    assert follower.sessions == 1 + len(errors)
    assert follower.standing.failures == len(errors)
    assert follower.stop(60)
    assert not follower.open
    for error in errors:
        assert f"steps is in trouble and tries again: {type(error).__name__}" in caplog.text


def test_it_shows_while_it_is_in_trouble_and_not_when_it_has_ended() -> None:
    gate, seen = threading.Event(), threading.Event()

    def stuck() -> bool:
        if not gate.is_set():
            seen.set()
            raise OSError("no way")
        return True

    follower = Steps(*[stuck] * 100_000)
    follower.start()
    assert seen.wait(60)
    while follower.standing.trouble is None:
        gate.wait(0.001)
    (mine,) = [one for one in standings() if one.name == "steps"]
    assert mine.trouble == "OSError: no way"
    assert mine.since is not None
    gate.set()
    assert follower.done.wait(60)
    follower.stop(60)
    assert follower.standing.tries == 0
    assert not [one for one in standings() if one.name == "steps"]


def test_a_ring_ends_a_rest_and_a_stop_ends_all() -> None:
    follower = Steps()
    follower.start()
    assert follower.done.wait(60)
    follower.done.clear()
    follower.ring()
    assert follower.done.wait(60)
    assert follower.stop(60)


def test_a_step_may_end_it() -> None:
    follower = Steps()
    follower.left.append(lambda: follower.finish() or True)  # type: ignore[func-returns-value]
    follower.start()
    follower.join(60)
    assert not follower.is_alive()


def test_what_cannot_be_caught_is_told(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []
    follower = Steps(failing(SystemExit(3)), ended=ended.append)
    follower.start()
    follower.join(60)
    assert ended == ["steps"]
    assert "steps cannot go on" in caplog.text


def test_the_process_ends_with_it() -> None:
    code = """
import time
from core.following import end_process
from tests.core.following.test_follower import Steps, failing
Steps(failing(SystemExit(3)), ended=end_process).start()
time.sleep(600)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -15
    assert "steps cannot go on" in done.stderr


def test_a_step_that_does_not_come_back_is_shown() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def step() -> bool:
        begun.set()
        return go_on.wait(60)

    follower = Steps(step)
    follower.course = Course("steps", longest_step=0)
    follower.start()
    assert begun.wait(60)
    while not (mine := [standing for standing in standings() if standing.trouble == HANGS]):
        pass
    assert (mine[0].name, mine[0].tries) == ("steps", 0)
    go_on.set()
    assert follower.done.wait(60)
    while [standing for standing in standings() if standing.trouble == HANGS]:
        pass
    assert follower.stop(60)
