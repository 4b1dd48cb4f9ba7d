"""When a long call is told again, and how much of that is done at once.

Telling costs as much as the call has facts. A call of some hundred facts is told at each change. One that has become
long (a conference of a day, a caller whom a menu plays to for hours, a line that is never hung up) is told again only
after a time in proportion to its length, so that it never takes more than a small share of the work; the telling goes
on in slices, a few a page, so that no other call waits for it. Its facts are stored at once all the same, and whoever
has nothing else to do may tell it sooner.

The time is that of the switches' clocks: the fold knows no other. What is told in the end is the same at any pace.
"""

from collections.abc import Iterator
from typing import Literal

from projections.callflow.group import Group
from projections.callflow.slices import Slices
from projections.callflow.telling import Saying, tell

Pace = Literal["due", "idle", "all"]
"""`due`: long calls when their time has come; `idle`: all that is untold, in slices; `all`: all of it, at once"""

PER_FACT = 500
"""microseconds that pass between two tellings, for each fact of the call"""
SLICES = 2
"""portions of work a take"""
EVENTS_A_SLICE = 100
"""and one more portion for so many events"""


class Pacing:
    """The tellings of long calls that are under way."""

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[Group, Slices[Saying]]] = {}
        self._stuck: dict[int, int] = {}
        """calls that could not be told, and with how many facts"""

    def plan(self, group: Group, now: int, pace: Pace) -> None:
        """Begin to tell a long call if it is due; `now` is the switches' time."""
        due = pace != "due" or not group.open_legs or now - group.told_at >= PER_FACT * len(group.facts)
        if due and id(group) not in self._under_way and not self.stuck(group):
            self._under_way[id(group)] = group, tell(group)

    def drop(self, group: Group) -> None:
        """It is told otherwise, or has become part of another."""
        self._under_way.pop(id(group), None)
        self._stuck.pop(id(group), None)

    def stuck(self, group: Group) -> bool:
        """Whether it cannot be told before more is known of it."""
        return self._stuck.get(id(group)) == len(group.facts)

    def work(self, events: int, pace: Pace) -> Iterator[tuple[Group, Saying | Exception]]:
        """Do some portions of what is under way; `events` have come since the last time. Yields what is done.

        What one call makes the interpretation raise is no fault of the events at hand, which may be of others.
        """
        left = SLICES + events // EVENTS_A_SLICE
        while self._under_way and (left > 0 or pace == "all"):
            left -= 1
            key, (group, work) = next(iter(self._under_way.items()))
            try:
                next(work)
            except StopIteration as done:
                del self._under_way[key]
                yield group, done.value
            except MemoryError:
                raise
            except Exception as error:
                del self._under_way[key]
                self._stuck[key] = len(group.facts)
                yield group, error
