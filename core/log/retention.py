"""Dropping old events from the front of the switch log, in small transactions, without rewriting what stays.

What may be dropped is not decided here: the caller says up to where, and which streams stay (those of calls that live).
They are below the floor then, and go when a later run finds them no longer named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg

from core.log.driver import translated

BATCH = 20_000
"""positions a transaction: some tenths of a second in which nothing of anybody else waits"""

_STATE: LiteralString = "SELECT floor, dropped, (extract(epoch FROM applied_at) * 1e6)::bigint FROM log.retention"
_BATCH_END: LiteralString = (
    "SELECT max(position) FROM (SELECT position FROM log.switch_event"
    " WHERE position > %s AND position <= %s ORDER BY position LIMIT %s) AS batch"
)
_DELETE: LiteralString = (
    "DELETE FROM log.switch_event WHERE position > %s AND position <= %s AND originator_id <> ALL(%s::uuid[])"
)
# Events that are gone can be imported again: no place is remembered from which an import would only go on.
_FORGET: LiteralString = "UPDATE log.imported_range SET chain = NULL WHERE chain IS NOT NULL AND first_position <= %s"
_NOTE: LiteralString = (
    "UPDATE log.retention SET floor = greatest(floor, %s), dropped = dropped + %s, applied_at = clock_timestamp()"
)


class Retained(msgspec.Struct, frozen=True):
    """What has been dropped so far."""

    floor: int
    """all events behind this position are there"""
    dropped: int
    applied_at: int | None
    """µs since the epoch: when was last looked for events to drop"""


def retained(connection: psycopg.Connection[Any]) -> Retained:
    """Return what has been dropped so far."""
    with translated():
        row = connection.execute(_STATE).fetchone()
    return Retained(*row) if row is not None else Retained(0, 0, None)


def events(connection: psycopg.Connection[Any]) -> int:
    """Count the events that are there; reads the whole index."""
    with translated():
        row = connection.execute("SELECT count(*) FROM log.switch_event").fetchone()
    return 0 if row is None else int(row[0])


def newer(connection: psycopg.Connection[Any], position: int) -> bool:
    """Say whether there is an event behind a position."""
    with translated():
        found = connection.execute("SELECT FROM log.switch_event WHERE position > %s LIMIT 1", (position,)).fetchone()
    return found is not None


def oldest(connection: psycopg.Connection[Any]) -> int:
    """Return the position behind which all events are there: a reader that stands before it has missed some."""
    return retained(connection).floor


def drop(
    connection: psycopg.Connection[Any],
    upto: int,
    keep: Collection[UUID],
    advance: Callable[[int, int], bool] | None = None,
    batch: int = BATCH,
) -> int:
    """Drop the events up to a position but those of the streams to keep; return how many that were.

    ``connection`` is in autocommit mode: each batch is a transaction. ``advance`` gets the position reached and the
    events dropped, and says whether to go on.
    """
    after = dropped = 0
    kept = list(keep)
    while True:
        with translated(), connection.transaction():
            # Who copies what may be dropped (a rebuild) holds this table; and two at a time would count twice.
            connection.execute("LOCK TABLE log.retention IN SHARE ROW EXCLUSIVE MODE")
            row = connection.execute(_BATCH_END, (after, upto, batch)).fetchone()
            end = None if row is None else row[0]
            gone = 0 if end is None else connection.execute(_DELETE, (after, end, kept)).rowcount
            connection.execute(_NOTE, (upto if end is None else end, gone))
            if gone:
                connection.execute(_FORGET, (end,))
        dropped += gone
        if end is None or (advance is not None and not advance(end, dropped)):
            return dropped
        after = end
