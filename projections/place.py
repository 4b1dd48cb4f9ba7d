"""Where a projection is, and the lock of its row: whoever holds it is the only one who writes."""

from typing import Any

import msgspec
from psycopg import Cursor

from projections.errors import NotThere

_MOVE = "UPDATE log.projection SET position = %b, updated_at = clock_timestamp() WHERE name = %b"
_LOCK = "SELECT position, generation FROM log.projection WHERE name = %s FOR UPDATE"


class Place(msgspec.Struct, frozen=True):
    """Where a projection is: the position that it has reached, and how often it was rebuilt."""

    position: int
    generation: int


def lock(cursor: Cursor[Any], name: str) -> Place:
    """Take a projection's row for this transaction; raises NotThere."""
    row = cursor.execute(_LOCK, [name]).fetchone()
    if row is None:
        raise NotThere(f"log.projection has no row named {name}: run `harmony migrate`.")
    return Place(*row)


def move(cursor: Cursor[Any], name: str, reached: int, channel: str | None = None) -> None:
    """Move a projection whose row is locked; `channel` is told at the commit."""
    cursor.execute(_MOVE, [reached, name])
    if channel is not None:
        cursor.execute("SELECT pg_notify(%b, '')", [channel])
