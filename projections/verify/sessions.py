"""The numbers that a switch core gives its sessions (`variable_session_id`): dense, so that a hole is a leg never seen.

HEARTBEAT tells how many there were since startup, which proves also what is missing before the first and behind the
last number seen. One heartbeat's grace: a session is counted a little before its CHANNEL_CREATE is on the wire. `sofia
recover` repeats old numbers, so that a core which recovered legs proves nothing by them.
"""

from bisect import bisect_right
from itertools import pairwise

import msgspec

_MOST = 10_000
"""holes that are kept apart"""


class Hole(msgspec.Struct, frozen=True):
    """Sessions of which nothing was seen, made between two instants."""

    first: int
    last: int
    since: int
    until: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Sessions:
    """The numbers of one core that were seen, as ranges."""

    def __init__(self) -> None:
        self._ranges: list[list[int]] = []
        """first and last number, and when those were seen"""
        self._floor: tuple[int, int] | None = None
        self._before: tuple[int, int] | None = None
        self._now: tuple[int, int] | None = None
        self.recovered = False

    def seen(self, number: int, at: int) -> None:
        """A leg of this number exists."""
        found = self._ranges
        n = bisect_right(found, number, key=lambda one: one[0])
        if n and number <= found[n - 1][1]:
            return
        if n and number == found[n - 1][1] + 1:
            n -= 1
            found[n][1], found[n][3] = number, at
        elif n < len(found) and number == found[n][0] - 1:
            found[n][0], found[n][2] = number, at
        elif len(found) < _MOST:
            found.insert(n, [number, number, at, at])
        else:
            return
        if n + 1 < len(found) and found[n + 1][0] == found[n][1] + 1:
            _, found[n][1], _, found[n][3] = found.pop(n + 1)

    def heartbeat(self, since_startup: int, at: int) -> None:
        """The core says how many sessions there were."""
        if self._floor is None or at < self._floor[1]:
            self._floor = since_startup, at
        if self._now is None or at > self._now[1]:
            self._before, self._now = self._now, (since_startup, at)

    def holes(self) -> list[Hole]:
        """What must be missing."""
        if self.recovered:
            return []
        found = [Hole(one[1] + 1, other[0] - 1, one[3], other[2]) for one, other in pairwise(self._ranges)]
        if self._floor is not None and self._ranges and self._ranges[0][0] > self._floor[0] + 1:
            number, _, at, _ = self._ranges[0]
            if at > self._floor[1]:
                found.insert(0, Hole(self._floor[0] + 1, number - 1, self._floor[1], at))
        if self._before is not None and self._floor is not None:
            counted, at = self._before
            number, seen_at = (self._ranges[-1][1], self._ranges[-1][3]) if self._ranges else self._floor
            number = max(number, self._floor[0])
            if counted > number:
                found.append(Hole(number + 1, counted, max(seen_at, self._floor[1]), at))
        return found
