"""The call log: what happened to calls, as streams of the eventsourcing library, one a call.

The library's recorder over a table that also says tenant, time and cause, so that subscribers are filtered in the
database. The runner appends within its own transaction; whoever reads may use the library or the table. Every event is
stored once: its id is unique, and positions are given under the lock of the projection, so that they appear in order.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

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
from projections.tables.table import key, text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LAST_VERSIONS = """
    SELECT originator_id, max(originator_version) FROM log.call_event
    WHERE originator_id = ANY(%b::uuid[]) GROUP BY originator_id
"""
_INSERT = """
    INSERT INTO log.call_event
        (originator_id, originator_version, topic, state, event_id, tenant, occurred_at, caused_position)
    SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::text[], %b::text[],
        %b::timestamptz[], %b::bigint[])
    ON CONFLICT (event_id) DO NOTHING
"""


class CallLog:
    """Appends to the call log; counts the events of live calls itself. The caller owns the transaction."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}

    def forget(self) -> None:
        """Nothing that was appended since the last commit can be relied on."""
        self._versions.clear()

    def append(self, cursor: Cursor[Any], events: Sequence[CallEvent]) -> None:
        """Store events in this order; one whose id is there already is left as it is."""
        if not events:
            return
        self._load_versions(cursor, events)
        versions = []
        for event in events:
            self._versions[event.call_id] = version = self._versions[event.call_id] + 1
            versions.append(version)
        cursor.execute(
            _INSERT,
            [
                [stream_of(event.call_id) for event in events],
                versions,
                [event.type for event in events],
                [render(event) for event in events],
                [key(event.event_id) for event in events],
                [text(event.tenant) for event in events],
                [_EPOCH + timedelta(microseconds=event.occurred_at) for event in events],
                [event.position for event in events],
            ],
        )

    def finished(self, call_ids: Sequence[str]) -> None:
        """These calls have ended: their counters need no memory any more."""
        for call_id in call_ids:
            self._versions.pop(call_id, None)

    def _load_versions(self, cursor: Cursor[Any], events: Sequence[CallEvent]) -> None:
        missing = {stream_of(event.call_id): event.call_id for event in events if event.call_id not in self._versions}
        if not missing:
            return
        self._versions |= dict.fromkeys(missing.values(), 0)
        cursor.execute(_LAST_VERSIONS, [list(missing)])
        self._versions |= {missing[stream]: version for stream, version in cursor.fetchall()}


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
