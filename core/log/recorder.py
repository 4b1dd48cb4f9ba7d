"""The event log as a recorder of the eventsourcing library: its model and its calls, our table and our way to insert.

Differences to the library's own for PostgreSQL, on purpose: the connection is the caller's, so that an event and the
deed that it tells of are one transaction; rows go in by COPY and never through psycopg's pipeline, which hangs for ever
when one call outgrows the socket's buffer; storing an event again is no error but changes nothing (an event of a switch
is identified by stream and version, whoever received it); bytes are fetched as bytes; tables come by migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, cast
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    NotSupportedError,
    StoredEvent,
    Subscription,
)

from core.event import identify
from core.log.codec import decoder
from core.log.driver import Connections
from core.log.insert import insert

_EVENTS: LiteralString = (
    "SELECT originator_id, originator_version, topic, state FROM log.switch_event WHERE originator_id = %s"
)
_NOTIFICATIONS: LiteralString = (
    "SELECT originator_id, originator_version, topic, state, position FROM log.switch_event WHERE true"
)
_POSITIONS: LiteralString = (
    "SELECT e.position FROM unnest(%s::uuid[], %s::bigint[]) WITH ORDINALITY AS i (id, version, n)"
    " JOIN log.switch_event e ON e.originator_id = i.id AND e.originator_version = i.version ORDER BY i.n"
)


@dataclass(frozen=True)
class TimedStoredEvent(StoredEvent):
    """The library's stored event, and when it happened (µs since the epoch, by the switch's clock)."""

    occurred_at: int


class SwitchEventRecorder(ApplicationRecorder):
    """Records the events of switches, and our own, in log.switch_event."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Store what is new, in order, in one transaction; return each event's position, new or not."""
        if kwargs.get("tracking") is not None:
            raise NotSupportedError("The switch log does not track: projections keep their own positions.")
        rows = [
            (UUID(str(one.originator_id)).bytes, one.originator_version, _occurred_at(one), one.topic, one.state)
            for one in stored_events
        ]
        if not rows:
            return []
        ids = [UUID(bytes=row[0]) for row in rows], [row[1] for row in rows]
        with self._connections() as connection, connection.transaction():
            insert(connection, rows, (), doubtful=False)
            return [int(row[0]) for row in connection.execute(_POSITIONS, ids, binary=True)]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return a stream's events by version."""
        query: LiteralString = _EVENTS
        values: list[Any] = [originator_id]
        if gt is not None:
            query, values = query + " AND originator_version > %s", [*values, gt]
        if lte is not None:
            query, values = query + " AND originator_version <= %s", [*values, lte]
        query += " ORDER BY originator_version DESC" if desc else " ORDER BY originator_version"
        return [StoredEvent(*row) for row in self._rows(query, values, limit)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events by position."""
        query: LiteralString = _NOTIFICATIONS
        values: list[Any] = []
        if start is not None:
            query += " AND position >= %s" if inclusive_of_start else " AND position > %s"
            values = [*values, start]
        if stop is not None:
            query, values = query + " AND position <= %s", [*values, stop]
        if topics:
            query, values = query + " AND topic = ANY(%s)", [*values, list(topics)]
        rows = self._rows(query + " ORDER BY position", values, limit)
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """Return the last position, None for an empty log."""
        return cast(int | None, self._rows("SELECT max(position) FROM log.switch_event", [], None)[0][0])

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Refuse: each of the library's subscriptions has threads and a connection of its own."""
        raise NotSupportedError("The log has one follower a process (api.streams): subscribe there.")

    def _rows(self, query: LiteralString, values: list[Any], limit: int | None) -> list[tuple[Any, ...]]:
        if limit is not None:
            query, values = query + " LIMIT %s", [*values, limit]
        with self._connections() as connection:
            return connection.execute(query, values, prepare=True, binary=True).fetchall()


def _occurred_at(event: StoredEvent) -> int:
    if isinstance(event, TimedStoredEvent):
        return event.occurred_at
    return identify(decoder().decode(event.state)).occurred_at
