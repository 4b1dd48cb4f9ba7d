"""The call log as subscribers read it: in order of publishing, from any position on, filtered in the database."""

from typing import Any, LiteralString

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Composable

from projections.published.event import PublishedEvent
from projections.published.filter import EVERYTHING, EventFilter
from projections.query.filters import moment

__all__ = ["EventFilter", "PublishedEvent", "call_events", "head", "imported", "oldest", "position_at", "resolved"]

_SELECT = SQL("""
    SELECT position, topic, event_id, tenant, subject, call_id, direction, parties, queues, aliases, users,
        (extract(epoch FROM occurred_at) * 1000000)::bigint, state
    FROM log.call_event WHERE {} ORDER BY position LIMIT %s
""")
# A leg's id leads to its call, and so does the id of a call that was merged.
_IDS = """
    WITH standing AS (
        SELECT coalesce((SELECT l.call_id FROM calls.fold_leg l WHERE l.leg = %(id)s),
                        (SELECT a.call_id FROM calls.alias a WHERE a.alias = %(id)s), %(id)s) AS call_id)
    SELECT call_id FROM standing UNION SELECT alias FROM calls.alias JOIN standing USING (call_id)
    UNION SELECT %(id)s ORDER BY 1
"""
# Positions are given out in the order of publishing, with holes: halve until one place is left.
_POSITION_AT = """
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, coalesce((SELECT max(position) FROM log.call_event), 0)
        UNION ALL
        SELECT CASE WHEN e.published_at < %(instant)s THEN e.position ELSE low END,
               CASE WHEN e.published_at < %(instant)s THEN high ELSE (low + high) / 2 END
        FROM search LEFT JOIN LATERAL (
            SELECT position, published_at FROM log.call_event
            WHERE position > (low + high) / 2 ORDER BY position LIMIT 1) e ON true
        WHERE low < high)
    SELECT low FROM search WHERE low >= high
"""
_IMPORTED = """
    SELECT e.position FROM log.call_event e CROSS JOIN LATERAL (
        SELECT last_position FROM log.imported_range r WHERE r.first_position <= e.caused_position
        ORDER BY r.first_position DESC LIMIT 1) r
    WHERE e.position = ANY(%b::bigint[]) AND e.caused_position <= r.last_position
"""


def call_events(
    connection: Connection[Any],
    after: int = 0,
    limit: int = 500,
    filter: EventFilter | None = None,
    upto: int | None = None,
) -> list[PublishedEvent]:
    """Events behind a position of the call log (and not behind `upto`), oldest first."""
    where, values = conditions(resolved(connection, filter or EVERYTHING))
    where, values = [SQL("position > %s"), *where], [after, *values]
    if upto is not None:
        where, values = [SQL("position <= %s"), *where], [upto, *values]
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(_SELECT.format(SQL(" AND ").join(where)), [*values, limit]).fetchall()
    return [PublishedEvent(*row[:7], *map(tuple, row[7:11]), *row[11:]) for row in rows]


def resolved(connection: Connection[Any], asked: EventFilter) -> EventFilter:
    """The filter with every id of the call that it asks for, as they are now."""
    if asked.call is None or asked.calls:
        return asked
    rows = connection.execute(_IDS, {"id": asked.call}).fetchall()
    return msgspec.structs.replace(asked, calls=tuple(row[0] for row in rows))


def head(connection: Connection[Any]) -> int:
    """The last position of the call log, 0 while it is empty."""
    row = connection.execute("SELECT coalesce(max(position), 0) FROM log.call_event").fetchone()
    return int(row[0]) if row else 0


def imported(connection: Connection[Any], positions: list[int]) -> set[int]:
    """Those of these positions whose events come from imported switch events: what happened long ago elsewhere."""
    return {int(row[0]) for row in connection.execute(_IMPORTED, [positions]).fetchall()} if positions else set()


def oldest(connection: Connection[Any]) -> int:
    """The first position that can still be read, 0 while the log is empty."""
    row = connection.execute("SELECT coalesce(min(position), 0) FROM log.call_event").fetchone()
    return int(row[0]) if row else 0


def position_at(connection: Connection[Any], instant: int) -> int:
    """The position before the first event that was published at or after an instant (µs); raises BadFilter."""
    row = connection.execute(_POSITION_AT, {"instant": moment(instant)}).fetchone()
    return int(row[0]) if row else 0


def conditions(asked: EventFilter) -> tuple[list[Composable], list[Any]]:
    """The conditions that `EventFilter.matches` tests, for the database."""
    where: list[Composable] = []
    values: list[Any] = []

    def add(condition: LiteralString, *given: Any) -> None:
        where.append(SQL(condition))
        values.extend(given)

    if asked.tenant is not None:
        add("tenant = %s", asked.tenant)
    if asked.reach is not None:  # all users stand among the parties, for which there is an index
        users, queues = list(asked.reach.users), list(asked.reach.queues)
        add(
            "((parties && %s::text[] AND users && %s::text[]) OR (queues <> '{}' AND queues && %s::text[]))",
            users,
            users,
            queues,
        )
    if asked.direction is not None:
        add("direction = %s", asked.direction)
    if asked.types:
        add(
            "(topic = ANY(%s::text[]) OR EXISTS"
            " (SELECT FROM unnest(%s::text[]) AS beginning WHERE starts_with(topic, beginning)))",
            asked.exact,
            asked.prefixes,
        )
    if asked.party is not None:
        add("parties @> ARRAY[%s::text]", asked.party)
    if asked.queue is not None:
        add("queues @> ARRAY[%s::text]", asked.queue)
    if ids := asked.call_ids:
        add("(call_id = ANY(%s::text[]) OR (aliases <> '{}' AND aliases && %s::text[]))", *([list(ids)] * 2))
    return where, values
