"""Which positions of the log hold events that were imported: said in the transaction that stores them.

Whoever acts on events (webhooks) looks here, and leaves alone what only tells of the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString, cast

import msgspec

from core.log.insert import LOCK, Connection

_HEAD: LiteralString = "SELECT coalesce(max(position), 0) FROM log.switch_event"
_SPAN: LiteralString = "SELECT min(position), max(position) FROM log.switch_event WHERE position > %s"
_LONGER: LiteralString = (
    "UPDATE log.imported_range SET last_position = %s, chain = coalesce(%s, chain)"
    " WHERE range_id = (SELECT max(range_id) FROM log.imported_range) AND last_position = %s AND source = %s"
)
_NEW: LiteralString = (
    "INSERT INTO log.imported_range (first_position, last_position, source, chain) VALUES (%s, %s, %s, %s)"
)
_STORED: LiteralString = "SELECT chain FROM log.imported_range WHERE chain = ANY(%s::bytea[])"


class Origin(msgspec.Struct, frozen=True):
    """Where imported events come from."""

    source: str
    """the file's name"""
    chain: bytes | None = None
    """the SHA-256 up to which the file is stored with these events, where it has a chain"""


@contextmanager
def noted_as_imported(connection: Connection, origin: Origin | None) -> Iterator[None]:
    """Note what is stored inside as imported, in one transaction with it. Without an origin nothing is done."""
    if origin is None:
        yield
        return
    with connection.transaction():
        connection.execute(LOCK)
        head = connection.execute(_HEAD).fetchone()
        before = 0 if head is None else int(str(head[0]))
        yield
        first, last = connection.execute(_SPAN, (before,)).fetchone() or (None, None)
        if last is None:
            return
        if not connection.execute(_LONGER, (last, origin.chain, before, origin.source)).rowcount:
            connection.execute(_NEW, (first, last, origin.source, origin.chain))


def already_stored(connection: Connection, digests: list[bytes]) -> set[bytes]:
    """Return those of a chain's digests up to which an earlier import came."""
    return {cast(bytes, row[0]) for row in connection.execute(_STORED, (digests,)).fetchall()}
