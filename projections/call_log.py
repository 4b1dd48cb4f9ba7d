"""The call log: what happened to calls, and the notices of other things, as streams of the eventsourcing library.

One stream a call, queue, user, switch or command. The library's recorder over a table that also says whom an event
concerns, when it was and why, so that subscribers are filtered in the database. The runner appends within its own
transaction; whoever reads may use the library or the table. Every event is stored once: its id is unique, and positions
are given under the lock of the projection, so that they appear in order.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from psycopg import Connection, Cursor
from psycopg.sql import SQL

from core.event import stream_of
from projections.callflow.changes import CallEvent
from projections.callflow.document import render
from projections.published.notice import Notice
from projections.tables.table import key, text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LAST_VERSIONS = """
    SELECT originator_id, max(originator_version) FROM log.call_event
    WHERE originator_id = ANY(%b::uuid[]) GROUP BY originator_id
"""
_INSERT = """
    INSERT INTO log.call_event
        (originator_id, originator_version, topic, state, event_id, tenant, occurred_at, caused_position,
         subject, call_id, direction, parties, queues, aliases, users)
    SELECT a, b, c, d, e, f, g, h, i, j, k, l::text[], m::text[], n::text[], o::text[]
    FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::text[], %b::text[], %b::timestamptz[],
        %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[],
        %b::text[]) AS rows (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
    ON CONFLICT (event_id) DO NOTHING
"""


class CallLog:
    """Appends to the call log; counts the events of live calls itself. The caller owns the transaction."""

    def __init__(self) -> None:
        self._versions: dict[UUID, int] = {}

    def forget(self) -> None:
        """Nothing that was appended since the last commit can be relied on."""
        self._versions.clear()

    def append(self, cursor: Cursor[Any], events: Sequence[CallEvent | Notice]) -> None:
        """Store events in this order; one whose id is there already is left as it is."""
        if not events:
            return
        streams = [_stream(event) for event in events]
        self._load_versions(cursor, streams)
        versions = []
        for stream in streams:
            self._versions[stream] = version = self._versions[stream] + 1
            versions.append(version)
        columns = zip(*map(_columns, events), strict=True)
        cursor.execute(_INSERT, [streams, versions, *map(list, columns)])
        for event, stream in zip(events, streams, strict=True):
            if isinstance(event, Notice):
                self._versions.pop(stream, None)

    def finished(self, call_ids: Sequence[str]) -> None:
        """These calls have ended: their counters need no memory any more."""
        for call_id in call_ids:
            self._versions.pop(stream_of(call_id), None)

    def _load_versions(self, cursor: Cursor[Any], streams: Sequence[UUID]) -> None:
        missing = {stream: 0 for stream in streams if stream not in self._versions}
        if missing:
            cursor.execute(_LAST_VERSIONS, [list(missing)])
            self._versions |= missing | dict(cursor.fetchall())


def _stream(event: CallEvent | Notice) -> UUID:
    return stream_of(event.call_id) if isinstance(event, CallEvent) else event.stream


def _columns(event: CallEvent | Notice) -> tuple[Any, ...]:
    """A row but for stream and version."""
    if isinstance(event, CallEvent):
        subject, concerned = key(event.call_id), event.audience
        direction, parties, queues, aliases, users = (
            concerned.direction,
            concerned.parties,
            concerned.queues,
            concerned.aliases,
            concerned.users,
        )
    else:
        subject, direction = text(event.subject) or "", event.direction
        parties, queues, aliases, users = event.parties, event.queues, (), event.users
    return (
        event.type,
        state_of(event),
        key(event.event_id),
        text(event.tenant),
        _EPOCH + timedelta(microseconds=event.occurred_at),
        event.position,
        subject,
        None if event.call_id is None else key(event.call_id),
        direction,
        _array(map(_cut, parties)),
        _array(map(_cut, queues)),
        _array(map(key, aliases)),
        _array(map(_cut, users)),
    )


class _Stored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state column: what happened, as readers of the library get it. Call or subject, never both."""

    event_id: str
    type: str
    call_id: str | None = None
    subject: str | None = None
    tenant: str | None
    occurred_at: int
    caused_position: int
    data: Any


def state_of(event: CallEvent | Notice) -> bytes:
    """An event as the state column holds it."""
    return render(
        _Stored(
            event_id=event.event_id,
            type=event.type,
            call_id=event.call_id if isinstance(event, CallEvent) else None,
            subject=None if isinstance(event, CallEvent) else event.subject,
            tenant=event.tenant,
            occurred_at=event.occurred_at,
            caused_position=event.position,
            data=event.data,
        )
    )


def _array(values: Iterable[str]) -> str:
    """A text[] as PostgreSQL reads it, because arrays of arrays cannot be taken apart row by row."""
    quoted = ['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]
    return "{" + ",".join(quoted) + "}"


def _cut(value: str) -> str:
    return text(value) or ""


class CallLogRecorder(ApplicationRecorder):
    """The call log for readers that speak the library: streams, notifications, subscriptions. It does not write."""

    def __init__(self, connection: Callable[[], AbstractContextManager[Connection[Any]]]) -> None:
        self._connection = connection

    def _rows(self, query: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(SQL(cast("Any", query)), params)
            return cursor.fetchall()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        raise ProgrammingError("The call log is written by the projection alone, through projections.call_log.CallLog")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        rows = self._rows(
            "SELECT originator_id, originator_version, topic, state FROM log.call_event WHERE originator_id = %s"
            " AND originator_version > %s AND originator_version <= %s"
            f" ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT %s",
            [UUID(str(originator_id)), -1 if gt is None else gt, (1 << 62) if lte is None else lte, limit],
        )
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = -1 if start is None else start - 1 if inclusive_of_start else start
        rows = self._rows(
            "SELECT originator_id, originator_version, topic, state, position FROM log.call_event"
            " WHERE position > %s AND position <= %s AND (%s OR topic = ANY(%s::text[])) ORDER BY position LIMIT %s",
            [after, (1 << 62) if stop is None else stop, not topics, list(topics), limit],
        )
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        return cast("int | None", self._rows("SELECT max(position) FROM log.call_event", [])[0][0])

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        raise ProgrammingError("The call log has one tailer a process (projections.feed); subscribe there")
