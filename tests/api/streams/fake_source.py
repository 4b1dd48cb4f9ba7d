"""A log in memory, for what needs no database: events are PublishedEvents, filters EventFilters, as in the real one."""

import threading
from collections.abc import Generator
from typing import Any
from uuid import UUID

from api.streams.calls_source import CallsSource
from api.streams.pieces import Entry
from api.streams.source import PAGE, Gone, Page
from core import cursor
from core.cursor import LogName
from projections.published.event import PublishedEvent
from projections.published.filter import EventFilter

HERE = UUID(int=7)


def an_event(position: int, kind: str = "call.answered", **more: Any) -> PublishedEvent:
    usual: dict[str, Any] = {
        "event_id": f"event-{position}",
        "tenant": "alpha.example",
        "subject": "call-1",
        "call_id": "call-1",
        "direction": "internal",
        "parties": ("1001", "1002"),
        "queues": (),
        "aliases": (),
        "users": (),
        "occurred_at": position,
        "state": b"{}",
    }
    return PublishedEvent(position=position, type=kind, **(usual | more))


class FakeSource:
    """`publish` from any thread; `reading` can be cleared to hold readers of the past up."""

    log: LogName = "calls"
    keys_of = CallsSource.keys_of
    index_under = CallsSource.index_under
    matches = CallsSource.matches

    def __init__(self) -> None:
        self.events: list[PublishedEvent] = []
        self.lowest = 0
        self.readings = 0
        self.failing: Exception | None = None
        self.poison: set[int] = set()
        """positions of events that cannot be written"""
        self._changed = threading.Condition()

    def publish(self, *events: PublishedEvent) -> None:
        with self._changed:
            self.events.extend(events)
            self._changed.notify_all()

    def cursor(self, position: int) -> str:
        return cursor.cursor(self.log, HERE, position)

    def position(self, text: str) -> int:
        return cursor.position(self.log, HERE, text)

    def head(self) -> int:
        return self.events[-1].position if self.events else 0

    def floor(self) -> int:
        return self.lowest

    def position_at(self, instant: int) -> int:
        return max((event.position for event in self.events if event.occurred_at < instant), default=0)

    def resolved(self, wanted: EventFilter) -> EventFilter:
        return wanted

    def read(self, after: int, wanted: EventFilter, upto: int, limit: int = PAGE) -> Page:
        self.readings += 1
        if self.failing is not None:
            raise self.failing
        if after < self.lowest:
            raise Gone(self.cursor(self.lowest))
        found = [e for e in list(self.events) if after < e.position <= upto and wanted.matches(e)]
        full = len(found) >= limit
        return Page([self._entry(e) for e in found[:limit]], found[limit - 1].position if full else max(after, upto))

    def follow(self, after: int, stop: threading.Event) -> Generator[list[Entry]]:
        while not stop.is_set():
            if self.failing is not None:
                raise self.failing
            with self._changed:
                if self.head() <= after:
                    self._changed.wait(0.05)
                events = [e for e in self.events if e.position > after][:PAGE]
            yield [self._entry(event) for event in events]
            after = events[-1].position if events else after

    def prepare(self, entry: Entry) -> None:
        if entry.position in self.poison:
            raise ValueError("poison")

    def close(self) -> None:
        pass

    def _entry(self, event: PublishedEvent) -> Entry:
        return Entry(event.position, self.cursor(event.position), event, _render)


def _render(event: PublishedEvent, behind: str) -> bytes:
    return b'{"id":"%b"}' % event.event_id.encode()
