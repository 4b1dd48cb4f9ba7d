"""Parked events: what could not be used, kept with its bytes until somebody retries it or decides to do without.

Lists, shows and settles rows of `log.parked_event`; how an event is used again is for those who would use it.
"""

from __future__ import annotations

from typing import Any, Literal, LiteralString

import msgspec
import psycopg

from core.errors import MalformedEvent
from core.headers import text
from core.log.driver import translated
from core.terms import content as content_of
from core.terms import walk

State = Literal["waiting", "retried", "skipped"]
STATES: tuple[State, ...] = ("waiting", "retried", "skipped")
LOG = "log"
"""the part that parks what is no event; a projection parks under its own name"""

_COLUMNS: LiteralString = (
    "parked_id, part, switch, position, code, reason, at_offset, content,"
    " (extract(epoch FROM received_at) * 1000000)::bigint, (extract(epoch FROM parked_at) * 1000000)::bigint,"
    " state, attempts, (extract(epoch FROM tried_at) * 1000000)::bigint,"
    " (extract(epoch FROM settled_at) * 1000000)::bigint, settled_by, settled_reason"
)
_LIST: LiteralString = (
    f"SELECT {_COLUMNS} FROM log.parked_event WHERE parked_id > %(after)s"
    " AND (%(state)s::text IS NULL OR state = %(state)s) AND (%(part)s::text IS NULL OR part = %(part)s)"
    " ORDER BY parked_id LIMIT %(limit)s"
)
_SETTLE: LiteralString = (
    "UPDATE log.parked_event SET state = %s, settled_at = clock_timestamp(), settled_by = %s, settled_reason = %s"
    " WHERE parked_id = %s AND state = 'waiting'"
)
_TRIED: LiteralString = (
    "UPDATE log.parked_event SET attempts = attempts + 1, tried_at = clock_timestamp(), code = coalesce(%s, code),"
    " reason = coalesce(%s, reason) WHERE parked_id = %s"
)

Connection = psycopg.Connection[Any]


class ParkedEvent(msgspec.Struct, frozen=True):
    """One row; instants are µs since the epoch."""

    parked_id: int
    part: str
    """who parked it: `log` for what is no event, else a projection's name"""
    switch: str
    position: int | None
    """in the switch log, where it got that far"""
    code: str
    reason: str
    at_offset: int | None
    """the byte where reading stopped, where known"""
    content: bytes
    received_at: int
    parked_at: int
    state: State
    attempts: int
    tried_at: int | None
    settled_at: int | None
    settled_by: str | None
    settled_reason: str | None


class Readable(msgspec.Struct, frozen=True):
    """What can be read of the bytes: the headers up to where they break, and why (None: they are sound)."""

    headers: list[tuple[str, str]]
    stopped_at: int | None
    why: str | None


def listed(
    connection: Connection, state: State | None = "waiting", part: str | None = None, after: int = 0, limit: int = 100
) -> list[ParkedEvent]:
    """Return parked events behind an id, oldest first."""
    values = {"state": state, "part": part, "after": after, "limit": limit}
    with translated():
        return [ParkedEvent(*row) for row in connection.execute(_LIST, values).fetchall()]


def get(connection: Connection, parked_id: int, *, lock: bool = False) -> ParkedEvent | None:
    """Return one; with ``lock`` nobody else settles it before the caller's transaction ends."""
    query: LiteralString = f"SELECT {_COLUMNS} FROM log.parked_event WHERE parked_id = %s"
    with translated():
        row = connection.execute(query + " FOR UPDATE" if lock else query, (parked_id,)).fetchone()
    return None if row is None else ParkedEvent(*row)


def settle(connection: Connection, parked_id: int, state: State, by: str, reason: str) -> bool:
    """End its waiting; False when it waited no more."""
    with translated():
        return connection.execute(_SETTLE, (state, by, reason.replace("\0", ""), parked_id)).rowcount == 1


def tried(connection: Connection, parked_id: int, code: str | None = None, reason: str | None = None) -> None:
    """Count an attempt; where it failed, keep why."""
    with translated():
        clean = None if reason is None else reason.replace("\0", "")
        connection.execute(_TRIED, (code, clean, parked_id))


def readable(content: bytes) -> Readable:
    """Read as many headers as the bytes give."""
    found: list[tuple[str, str]] = []
    try:
        for name, value in walk(content):
            found.append((text(content_of(content, name)), text(content_of(content, value))))
    except MalformedEvent as error:
        return Readable(found, error.offset, str(error))
    return Readable(found, None, None)
