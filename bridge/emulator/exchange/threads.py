"""Threads of a switch without threads: generators that wait for conditions, by a clock that is handed in.

A FreeSWITCH session is a thread that sleeps until its channel's state changes; here it is a generator that yields what
it waits for. Whoever owns the clock lets time pass with `run`; nothing here looks at a watch, so that the same acts
give the same events in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, NamedTuple, TypeVar

T = TypeVar("T")
MOST_STEPS: Final = 200_000
"""that may happen in one instant; more is a circle"""
TICK: Final = 20_000
"""µs between two looks of the switch's event clock"""


class Wait(NamedTuple):
    """What a thread waits for: a condition, an instant (µs), or whichever comes first."""

    until: Callable[[], bool] | None = None
    deadline: int | None = None


Thread = Generator[Wait, bool, T]
"""``ok = yield Wait(...)``: whether the condition came true, and not only the instant"""


class Threads:
    """All threads of one switch. Those that are ready run in the order in which they were started."""

    def __init__(self, now: int) -> None:
        self.now = now
        """µs since the epoch"""
        self._entries: list[_Entry] = []

    def start(self, thread: Thread[Any]) -> None:
        """Let a thread run from the next look on."""
        self._entries.append(_Entry(thread))

    def after(self, micros: int) -> Wait:
        """Wait for so long."""
        return Wait(deadline=self.now + micros)

    def within(self, micros: int, until: Callable[[], bool]) -> Wait:
        """Wait for a condition, but no longer than so long."""
        return Wait(until, self.now + micros)

    def due(self) -> int | None:
        """Return the next instant that a thread waits for; None while all wait for conditions."""
        return min((entry.due for entry in self._entries if entry.due is not None), default=None)

    def run(self, now: int) -> None:
        """Let time pass up to ``now``, instant by instant."""
        while True:
            self._settle()
            due = self.due()
            if due is None or due > now:
                break
            self.now = max(self.now, due)
        self.now = max(self.now, now)

    def _settle(self) -> None:
        """Run whatever is ready until nothing is."""
        steps = 0
        while (entry := self._ready()) is not None:
            steps += 1
            if steps > MOST_STEPS:
                raise RuntimeError(f"The emulated switch goes round in a circle in {entry.thread!r}")
            try:
                entry.wait = entry.step()
            except StopIteration:
                self._entries.remove(entry)

    def _ready(self) -> _Entry | None:
        return next((entry for entry in self._entries if entry.ready(self.now)), None)


class _Entry:
    """A thread and what it waits for; an instant long ago at first."""

    def __init__(self, thread: Thread[Any]) -> None:
        self.thread = thread
        self.wait: Wait = Wait(deadline=0)
        self._begun = self._met = False

    @property
    def due(self) -> int | None:
        return self.wait.deadline

    def ready(self, now: int) -> bool:
        self._met = self.wait.until is not None and self.wait.until()
        return self._met or (self.wait.deadline is not None and self.wait.deadline <= now)

    def step(self) -> Wait:
        if not self._begun:
            self._begun = True
            return next(self.thread)
        return self.thread.send(self._met)
