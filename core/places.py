"""Places of which one session at a time holds each, for as long as it lives: who is the active one, and does it live.

Kept in a table of our own (`log.place`) with the session's process and beginning, not as advisory locks: everybody who
may log into the database can take any of those, and so stop us. Whoever dies lets go, however he dies; nothing expires.
The sessions of all who hold places must belong to one account of the database, as all of Harmony's do.
"""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import Connection

_HELD: LiteralString = "SELECT pid = pg_backend_pid() FROM log.place_held WHERE name = %s"
# The table is locked first, so that who lives is looked at by one after another.
_LOCK: LiteralString = "LOCK TABLE log.place IN SHARE ROW EXCLUSIVE MODE"
_CLEAR: LiteralString = "DELETE FROM log.place p WHERE NOT EXISTS (SELECT FROM log.place_held h WHERE h.name = p.name)"
_TAKE: LiteralString = (
    "INSERT INTO log.place (name, pid, began) SELECT %s, pid, backend_start FROM pg_stat_activity"
    " WHERE pid = pg_backend_pid() ON CONFLICT (name) DO NOTHING"
)


def take(connection: Connection[Any], name: str) -> bool:
    """Take a place for the session of this connection; False when another holds it. In autocommit mode."""
    if (row := connection.execute(_HELD, [name]).fetchone()) is not None:
        return bool(row[0])
    with connection.transaction():
        connection.execute(_LOCK)
        connection.execute(_CLEAR)
        return connection.execute(_TAKE, [name]).rowcount == 1
