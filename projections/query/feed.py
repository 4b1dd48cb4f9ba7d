"""The live feed: which calls changed since a mark, so that a page of live calls is a snapshot and then deltas.

The tables say themselves what changed behind a position (`as_of_position`); a notification is only a hint to look. A
rebuild changes the generation, after which the feed starts again with a snapshot. One follower a process is enough:
who serves many fans out in memory.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import psycopg
from psycopg import Connection

from projections.people.phones import Phones, breaks, phones_changed, phones_now

POLL = 0.5
"""seconds after which a follower looks without a notification"""
MOST = 1000
"""calls a delta holds, more only when one page of the projection wrote more"""

_PLACE = "SELECT position, generation FROM log.projection WHERE name = 'calls'"
_LIVE = """
    SELECT call_id, tenant, live, convert_to(document::text, 'UTF8') FROM calls.call WHERE live
    ORDER BY started_at, call_id
"""
_CHANGED = """
    SELECT call_id, tenant, live, convert_to(document::text, 'UTF8'), as_of_position FROM calls.call
    WHERE as_of_position > %s ORDER BY as_of_position FETCH FIRST %s ROWS WITH TIES
"""
_MERGED = "SELECT alias, call_id FROM calls.alias WHERE as_of_position > %s AND as_of_position <= %s ORDER BY position"


class Mark(msgspec.Struct, frozen=True):
    """How far a follower has seen."""

    position: int
    generation: int


class Changed(msgspec.Struct, frozen=True):
    """A call as it is now; `live` False: it has ended."""

    call_id: str
    tenant: str | None
    live: bool
    document: bytes


class Delta(msgspec.Struct, frozen=True):
    """What is new up to `mark`. With `reset` it is everything that is live, and what was known before is void."""

    mark: Mark
    reset: bool
    calls: list[Changed]
    merged: list[tuple[str, str]]
    """(alias, the call it is part of now)"""
    phones: Phones = Phones([], [])
    """with `reset` all registrations that last, else those that changed; and the last break of each switch"""


def snapshot(connection: Connection[Any]) -> Delta:
    """All live calls of all tenants, with the mark that they are true at."""
    with _one_instant(connection):
        mark = _mark(connection)
        with connection.cursor(binary=True) as cursor:
            calls = [Changed(*row) for row in cursor.execute(_LIVE).fetchall()]
        phones = phones_now(connection)
    return Delta(mark, True, calls, [], phones)


def delta(connection: Connection[Any], since: Mark, most: int = MOST) -> Delta:
    """What changed behind a mark, the oldest changes first; a snapshot when the tables were rebuilt since."""
    with _one_instant(connection):
        mark = _mark(connection)
        if mark.generation == since.generation and mark.position >= since.position:
            with connection.cursor(binary=True) as cursor:
                rows = cursor.execute(_CHANGED, [since.position, most]).fetchall()
                if len(rows) >= most:
                    mark = Mark(rows[-1][4], mark.generation)
                merged = cursor.execute(_MERGED, [since.position, mark.position]).fetchall()
            calls = [Changed(*row[:4]) for row in rows]
            phones = Phones(phones_changed(connection, since.position), breaks(connection))
            return Delta(mark, False, calls, cast("list[tuple[str, str]]", merged), phones)
    return snapshot(connection)


def follow(dsn: str, stop: threading.Event, since: Mark | None = None, *, people: bool = False) -> Iterator[Delta]:
    """First a snapshot (or what is new since a mark), then a delta whenever calls change, until `stop` is set.

    With `people` also when phones do, and one without a change now and then, for those who look at the clock.

    Raises the driver's errors: the caller begins again with the last mark.
    """
    with psycopg.connect(dsn, autocommit=True, application_name="harmony-feed") as connection:
        connection.execute("LISTEN harmony_calls")
        first = snapshot(connection) if since is None else delta(connection, since)
        mark = first.mark
        yield first
        while not stop.is_set():
            new = delta(connection, mark)
            mark = new.mark
            changed = new.reset or new.calls or new.merged
            if changed or people:
                yield new
            if not changed:
                for _ in connection.notifies(timeout=POLL, stop_after=1):
                    pass


@contextmanager
def _one_instant(connection: Connection[Any]) -> Iterator[None]:
    """A transaction in which all statements see the same state."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _mark(connection: Connection[Any]) -> Mark:
    row = connection.execute(_PLACE).fetchone()
    return Mark(0, 0) if row is None else Mark(*row)
