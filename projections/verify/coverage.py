"""When a switch core was heard: the stretches in which its events follow each other closely.

A core makes a HEARTBEAT every 20 seconds: of a stretch three times as long without any event, nothing was stored.
Events may come in any order, so that captures of one core may be imported in any order.
"""

from bisect import bisect_right
from itertools import pairwise

SILENCE = 70_000_000
"""µs without an event that are no coincidence"""


class Coverage:
    """Stretches of one core's life, apart by more than `SILENCE`."""

    def __init__(self) -> None:
        self._stretches: list[list[int]] = []
        self._at = 0

    def add(self, at: int) -> None:
        """An event was made at this instant."""
        if self._stretches:
            now = self._stretches[self._at]
            if now[0] <= at <= now[1]:
                return
        self._place(at)

    def _place(self, at: int) -> None:
        found = self._stretches
        n = bisect_right(found, at, key=lambda stretch: stretch[0])
        if n and at - found[n - 1][1] <= SILENCE:
            n -= 1
            found[n][1] = max(found[n][1], at)
        elif n < len(found) and found[n][0] - at <= SILENCE:
            found[n][0] = at
        else:
            found.insert(n, [at, at])
        if n + 1 < len(found) and found[n + 1][0] - found[n][1] <= SILENCE:
            found[n][1] = max(found[n][1], found.pop(n + 1)[1])
        self._at = n

    @property
    def first(self) -> int:
        return self._stretches[0][0] if self._stretches else 0

    @property
    def last(self) -> int:
        return self._stretches[-1][1] if self._stretches else 0

    def heard(self, since: int, until: int) -> bool:
        """Whether all of this time lies in one stretch."""
        n = bisect_right(self._stretches, since, key=lambda stretch: stretch[0])
        return n > 0 and until <= self._stretches[n - 1][1]

    def silences(self) -> list[tuple[int, int]]:
        """The times between the stretches."""
        return [(one[1], other[0]) for one, other in pairwise(self._stretches)]
