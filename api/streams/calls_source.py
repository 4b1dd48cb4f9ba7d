"""The log of published events as subscriptions see it."""

import logging
import threading
from collections.abc import Generator, Hashable
from functools import partial
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from api.streams.pieces import Entry
from api.streams.source import PAGE, POLL, Gone, Page
from core import cursor
from core.cursor import LogName
from core.log.driver import translated
from core.log.hearing import connected, heard
from projections.published.envelope import envelope
from projections.published.filter import EventFilter
from projections.query import events as query
from projections.query.events import PublishedEvent

LOG = logging.getLogger("harmony.streams")
READERS = 4
"""connections, and so readings at once, of those who are behind"""
_CHANNEL = "harmony_calls"
_WAIT = 5.0


class CallsSource:
    log: LogName = "calls"

    def __init__(self, dsn: str, installation: UUID) -> None:
        self._dsn = dsn
        self._installation = installation
        self._render = partial(_render, installation)
        self._pool: ConnectionPool[psycopg.Connection[tuple[object, ...]]] = ConnectionPool(
            dsn, min_size=0, max_size=READERS, open=False, timeout=_WAIT, kwargs={"autocommit": True}, name="streams"
        )
        self._pool.open()

    def close(self) -> None:
        self._pool.close()

    def cursor(self, position: int) -> str:
        return cursor.cursor(self.log, self._installation, position)

    def position(self, text: str) -> int:
        return cursor.position(self.log, self._installation, text)

    def head(self) -> int:
        with translated(), self._pool.connection() as connection:
            return query.head(connection)

    def floor(self) -> int:
        return 0  # nothing of this log is ever dropped

    def position_at(self, instant: int) -> int:
        with translated(), self._pool.connection() as connection:
            return query.position_at(connection, instant)

    def resolved(self, wanted: EventFilter) -> EventFilter:
        if wanted.call is None:
            return wanted
        with translated(), self._pool.connection() as connection:
            return query.resolved(connection, wanted)

    def read(self, after: int, wanted: EventFilter, upto: int, limit: int = PAGE) -> Page:
        with translated(), self._pool.connection() as connection:
            events = query.call_events(connection, after, limit, wanted, upto)
        entries = [entry for entry in map(self._entry, events) if _can_be_sent(entry)]
        return Page(entries, events[-1].position if len(events) >= limit else max(after, upto))

    def follow(self, after: int, stop: threading.Event) -> Generator[list[Entry]]:
        with connected(self._dsn, "harmony streams", _CHANNEL) as connection:
            while not stop.is_set():
                events = query.call_events(connection, after, PAGE)
                yield [self._entry(event) for event in events]
                if events:
                    after = events[-1].position
                if len(events) < PAGE:
                    heard(connection, POLL)

    def prepare(self, entry: Entry) -> None:
        assert entry.json  # made here, so that the event loop finds it made

    def matches(self, wanted: EventFilter, event: PublishedEvent) -> bool:
        return wanted.matches(event)

    def keys_of(self, event: PublishedEvent) -> list[Hashable]:
        keys: list[Hashable] = [("type", event.type), ("kind", event.type.partition(".")[0])]
        if event.call_id is not None:
            keys.append(("call", event.call_id))
        keys += [("call", alias) for alias in event.aliases]
        keys += [("party", party) for party in event.parties]
        keys += [("user", user) for user in event.users]
        keys += [("queue", queue) for queue in event.queues]
        if event.tenant is not None:
            keys.append(("tenant", event.tenant))
        return keys

    def index_under(self, wanted: EventFilter) -> list[Hashable]:
        if ids := wanted.call_ids:
            return [("call", one) for one in ids]
        if wanted.party is not None:
            return [("party", wanted.party)]
        if wanted.queue is not None:
            return [("queue", wanted.queue)]
        if wanted.reach is not None:
            return [*(("user", one) for one in wanted.reach.users), *(("queue", one) for one in wanted.reach.queues)]
        if wanted.types and all(one.endswith(".*") or "*" not in one for one in wanted.types):
            return [_type_key(one) for one in wanted.types]
        return [("tenant", wanted.tenant)] if wanted.tenant is not None else []

    def _entry(self, event: PublishedEvent) -> Entry:
        return Entry(event.position, self.cursor(event.position), event, self._render)


def _can_be_sent(entry: Entry) -> bool:
    """Whether an event of the past can be written; one that cannot keeps nobody from those behind it."""
    try:
        return bool(entry.json)
    except Exception:
        LOG.exception("The event at position %d of the call log cannot be written, and is left out", entry.position)
        return False


def _type_key(name: str) -> Hashable:
    return ("kind", name.partition(".")[0]) if name.endswith("*") else ("type", name)


def _render(installation: UUID, event: PublishedEvent, text: str) -> bytes:
    return envelope(event, text, installation)


__all__ = ["CallsSource", "Gone"]
