"""The raw switch log as subscriptions see it: every event of every switch, with all its headers. For operators.

Its events are decoded when the first reader wants them, not before: most installations have no such reader.
"""

import threading
from collections.abc import Collection, Generator, Hashable
from contextlib import closing
from uuid import UUID

import msgspec

from api.streams.pieces import Entry
from api.streams.raw import raw_event
from api.streams.source import PAGE, POLL, Gone, Page
from api.streams.subscription import SwitchFilter
from core import cursor
from core.cursor import LogName
from core.event import SwitchEvent, stream_of
from core.log import EventLog
from core.log.driver import connect
from core.log.eventlog import BadEvent
from core.log.hearing import connected, heard
from core.log.insert import CHANNEL
from core.log.moment import stored_before
from core.log.retention import oldest

LOOKS = 2000
"""events of other topics that one reading passes over at most"""


class SwitchSource:
    log: LogName = "switch"

    def __init__(self, dsn: str, installation: UUID) -> None:
        self._dsn = dsn
        self._installation = installation
        self._log = EventLog(dsn)

    def close(self) -> None:
        self._log.close()

    def cursor(self, position: int) -> str:
        return cursor.cursor(self.log, self._installation, position)

    def position(self, given: str) -> int:
        return cursor.position(self.log, self._installation, given)

    def head(self) -> int:
        return self._log.head()

    def floor(self) -> int:
        with closing(connect(self._dsn, "harmony streams, raw")) as connection:
            return oldest(connection)

    def position_at(self, instant: int) -> int:
        with closing(connect(self._dsn, "harmony streams, raw")) as connection:
            return stored_before(connection, instant)

    def resolved(self, wanted: SwitchFilter) -> SwitchFilter:
        return wanted

    def read(self, after: int, wanted: SwitchFilter, upto: int, limit: int = PAGE) -> Page:
        page = self._read(after, wanted, upto, limit)
        if after < (floor := self.floor()):  # looked at afterwards: nothing was dropped before that was to be read
            raise Gone(self.cursor(floor))
        return page

    def _read(self, after: int, wanted: SwitchFilter, upto: int, limit: int) -> Page:
        if wanted.leg is not None:
            leg = [e for e in self._log.stream(stream_of(wanted.leg)) if after < e.position <= upto]
            events = sorted((e for e in leg if self.matches(wanted, e)), key=lambda e: e.position)
            return self._page(events, limit, upto)
        if wanted.beginnings:
            seen = _read(self._log, after, LOOKS, upto=upto)
            events = [e for e in seen.events if wanted.wants(e.topic)]
            return self._page(events, limit, seen.last if seen.full else upto)
        found = _read(self._log, after, limit, wanted.topics or None, upto)
        return Page(self._entries(found.events), found.last if found.full else max(after, upto))

    def follow(self, after: int, stop: threading.Event) -> Generator[list[Entry]]:
        with EventLog(self._dsn) as log, connected(self._dsn, "harmony streams, raw", CHANNEL) as hints:
            while not stop.is_set():
                found = _read(log, after, PAGE)
                yield self._entries(found.events)
                after = max(after, found.last)
                if not found.full:
                    heard(hints, POLL)

    def prepare(self, entry: Entry) -> None:
        pass  # written when somebody wants it

    def matches(self, wanted: SwitchFilter, event: SwitchEvent) -> bool:
        return wanted.wants(event.topic) and (wanted.leg is None or event.leg == wanted.leg)

    def keys_of(self, event: SwitchEvent) -> list[Hashable]:
        return [("topic", event.topic), ("stream", event.stream)]

    def index_under(self, wanted: SwitchFilter) -> list[Hashable]:
        if wanted.leg is not None:
            return [("stream", stream_of(wanted.leg))]
        return [] if wanted.beginnings else [("topic", topic) for topic in wanted.topics]

    def _page(self, events: list[SwitchEvent], limit: int, reached: int) -> Page:
        """The first of them; what is left over is read again."""
        return Page(self._entries(events[:limit]), events[limit - 1].position if len(events) > limit else reached)

    def _entries(self, events: list[SwitchEvent]) -> list[Entry]:
        return [Entry(e.position, self.cursor(e.position), e, self._render) for e in events]

    def _render(self, event: SwitchEvent, behind: str) -> bytes:
        return raw_event(event, behind, self._installation)


class _Found(msgspec.Struct, frozen=True):
    events: list[SwitchEvent]
    last: int
    full: bool


def _read(
    log: EventLog, after: int, limit: int, topics: Collection[str] | None = None, upto: int | None = None
) -> _Found:
    """Events whose bytes are damaged are passed over here; `harmony events verify` tells of them."""
    bad: list[BadEvent] = []
    events = log.read(after, limit, topics, upto, on_bad=bad.append)
    last = max([one.position for one in events[-1:]] + [one.position for one in bad[-1:]], default=0)
    return _Found(events, last, len(events) + len(bad) >= limit)


__all__ = ["Gone", "SwitchSource"]
