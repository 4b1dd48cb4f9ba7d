"""A page of the switch log as projections take it: what was read, what could not be, and how far that goes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from core.event import SwitchEvent
from core.log.eventlog import BadEvent, EventLog


class LogPage(msgspec.Struct, frozen=True):
    """Events in order of position; with all of them folded, a projection has reached `reached`."""

    events: Sequence[SwitchEvent]
    bad: Sequence[BadEvent]
    reached: int

    def halves(self) -> tuple[LogPage, LogPage]:
        """Two pages that are this one together; the first ends with its last event."""
        middle = len(self.events) // 2
        last = self.events[middle - 1].position
        before = [one for one in self.bad if one.position <= last]
        return (
            LogPage(self.events[:middle], before, last),
            LogPage(self.events[middle:], self.bad[len(before) :], self.reached),
        )


def read_page(log: EventLog, after: int, limit: int, topics: Collection[str] | None, head: int) -> LogPage:
    """At most `limit` events behind `after`. Fewer than that are all that there are up to `head`."""
    bad: list[BadEvent] = []
    events = log.read(after, limit, topics, head, bad.append)
    if len(events) + len(bad) < limit:
        return LogPage(events, bad, head)
    return LogPage(events, bad, max([one.position for one in bad] + [event.position for event in events[-1:]]))
