"""Keeping something to read waiting at a switch whose listener ends when it runs dry (see version.py). No I/O here.

A listener of mod_erlang_event reads one message a pass: some 95 a second on an idle switch, 165 to 200 under load (with
`max-event-bulk` 100; one an event with 1, 1,600 a second seen). What waits is bare ticks, four zero bytes each, the
cheapest message there is. Ticks that come back prove nothing, since libei may drop an echo; so behind each hundred goes
a question (`getpid`), whose answer says that they were read.
"""

from __future__ import annotations

import collections
from typing import Final

TICKS: Final = 100
"""ticks of a batch"""
MESSAGES: Final = TICKS + 1
FIRST: Final = 20
"""ticks in front of the subscription: what follows it has the time in which they are read, 0.2 s, to get there"""
SECONDS: Final = 10.0
"""for how long what waits is to last"""
LEAST: Final = 1_000
MOST: Final = 20_000
BLIND: Final = 300.0
"""messages a second while nothing is read here, and so no answer either"""
ENOUGH: Final = 60_000
"""unanswered messages past which no more go out blindly: a switch that reads none of them is not running dry, and after
the link's end the old listener first reads what is left"""
_WINDOW: Final = 5.0  # seconds over which the rate is taken


class Supply:
    """How much waits by our account, and how many batches are due. Times are seconds of any clock."""

    def __init__(self) -> None:
        self.waiting = 0
        self._answers: collections.deque[float] = collections.deque()

    def begin(self) -> int:
        """Return how many batches are due behind the subscription."""
        return self._due(LEAST)

    def answered(self, now: float) -> int:
        """A batch was read; return how many are due."""
        self.waiting = max(0, self.waiting - MESSAGES)
        self._answers.append(now)
        return self._due(min(MOST, max(LEAST, SECONDS * self.rate(now))))

    def blind(self, now: float, seconds: float) -> int:
        """Return how many batches are due for the next seconds, in which no answer is read."""
        if self.waiting >= ENOUGH:
            return 0
        count = -int(-max(BLIND, 1.5 * self.rate(now)) * seconds // MESSAGES)
        self.waiting += count * MESSAGES
        return count

    def rate(self, now: float) -> float:
        """Messages a second that the switch read lately. Answers in a heap make it seem more: that is safe."""
        while self._answers and self._answers[0] < now - _WINDOW:
            self._answers.popleft()
        return len(self._answers) * MESSAGES / _WINDOW

    def _due(self, wanted: float) -> int:
        count = max(0, -int((self.waiting - wanted) // MESSAGES))
        self.waiting += count * MESSAGES
        return count
