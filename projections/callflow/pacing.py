"""When a long call is interpreted again, and how much of that is done at once.

Interpreting costs as much as the call has facts, and so does each event of a call that is interpreted at each change: n
facts cost n * n. Up to some hundred facts that is nothing. A conference of a day, a caller to whom a menu plays for
hours, or a line that is never hung up would take the projection for themselves. So the work on a call that has become
long (`Group.long`) is bounded twice:

*How often.* It is due again when `PER_FACT` has passed for each of its facts: a call of 1,000 facts every half second,
one of 10,000 every five seconds. Its work per second then stays the same however long it gets.

*How much at a time.* Each take does `SLICES` portions, and one more for every `EVENTS_A_SLICE` events of the page.
Calls that are due at the same time wait for each other in the order in which they came up.

Three things are not paced. The facts are stored with their page, so that nothing is lost in a crash. The end of a call
(no leg is open any more) makes it due at once. And a runner with nothing else to do asks for `idle` work, so that a
quiet system is never behind.

While a long call waits, readers see the document as it was last; what it becomes in the end is the same at any pace.
Time is that of the switches' clocks, for the fold knows no other.

A call whose facts the interpretation cannot digest raises inside of the slices, on a page of events that may all be of
other calls. `work` hands the error out beside the call. The call is then stuck until it has another fact, and no longer
due.
"""

from collections.abc import Iterator
from typing import Literal

from projections.callflow.account import Account, account_of
from projections.callflow.group import Group
from projections.callflow.slices import Slices

Pace = Literal["due", "idle", "all"]
"""`due`: long calls when their time has come; `idle`: all that are behind, in slices; `all`: all of them, at once"""

PER_FACT = 500
"""microseconds that pass between two accounts, for each fact of the call"""
SLICES = 4
"""portions of work a take"""
EVENTS_A_SLICE = 100
"""and one more portion for so many events"""


class Pacing:
    """The accounts of long calls that are being made."""

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[Group, Slices[Account]]] = {}
        self._stuck: dict[int, int] = {}
        """calls that could not be interpreted, and with how many facts"""

    def plan(self, group: Group, now: int, pace: Pace) -> None:
        """Begin the account of a long call if it is due; `now` is the switches' time."""
        due = pace != "due" or not group.open_legs or now - group.interpreted_at >= PER_FACT * len(group.facts)
        if due and id(group) not in self._under_way and not self.stuck(group):
            self._under_way[id(group)] = group, account_of(group)

    def drop(self, group: Group) -> None:
        """It was interpreted at once, or has become part of another."""
        self._under_way.pop(id(group), None)
        self._stuck.pop(id(group), None)

    def stuck(self, group: Group) -> bool:
        """Whether it cannot be interpreted before it has another fact."""
        return self._stuck.get(id(group)) == len(group.facts)

    def work(self, events: int, pace: Pace) -> Iterator[tuple[Group, Account | Exception]]:
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
