"""Putting rows into the log: fast, once each, and in such an order that no reader ever misses one.

New events come by COPY straight into the table. When one of them was there already, the transaction is rolled back and
done again through a temporary table with ON CONFLICT DO NOTHING. Never psycopg's pipeline: it hangs on bulk.
"""

# The theory of positions
# =======================
#
# Readers follow the log by position: "everything behind 1,000, please", then everything behind the last one that they
# got. That is right only if no position at or below one that was read ever appears later. A sequence of the database
# does not give that: it gives numbers out when rows are written, and rows can be seen when their transaction commits.
#
#     writer 1:  gets 1,001 ......................... commits
#     writer 2:        gets 1,002 ... commits
#     reader:                             reads 1,002, goes on behind it: 1,001 is never read by it
#
# Nothing fails and nothing is logged: some reader's account simply lacks an event (measured with four writers: 912 of
# 59,120). So the order of positions must be the order of commits. Three ways were weighed:
#
# - Let readers wait behind a gap. A gap may be a transaction that is rolled back, and then is for ever: the reader
#   must ask the database for the oldest transaction that still runs. One forgotten session, a backup say, stops all
#   readers.
# - Give positions after the commit, in a second step. Twice the writing, and the step needs the same lock as below.
# - *One writer at a time, from the first number to the commit.* That is done here: every writer locks before its
#   first row and keeps the lock until its transaction ends. Commits then are in the order of numbers, also when one
#   is rolled back: its numbers are a hole that never fills.
#
# The price is that writers queue. It is small, because what is slow is done before: rows are redacted, compressed and
# packed outside the lock, so it is held for one COPY and one commit; one writer with batches takes some 50,000 events
# a second, and two together are not faster than one, since they wait for the same disk. Whoever adds a writer says
# LOCK as late as it can, and never waits for anything outside the database between that and its commit.
#
# What is locked is an empty table of its own, log.writing. A lock on log.switch_event itself would be in autovacuum's
# way, which needs a lock on it that conflicts; an advisory lock could be held by everybody who may log into the
# database, and so stop the log. The mode is EXCLUSIVE: it conflicts with itself and with nothing that a reader takes.
#
# Identity is apart from order: (stream, version) says which event it is, whoever received it and how often, and the
# unique index on it makes storing an event twice a no-op. Numbers that such a no-op would use up are avoided by
# _SETTLE.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import LiteralString

import psycopg

from core.log.driver import POSTGRES_EPOCH
from core.log.prepare import Parked

Connection = psycopg.Connection[tuple[object, ...]]
CHANNEL = "harmony_log"
LOCK: LiteralString = "LOCK TABLE log.writing IN EXCLUSIVE MODE"
"""what all who insert into log.switch_event say first"""

CopyRow = tuple[bytes, int, int, str, bytes]
"""stream (16 bytes), version, occurred_at (µs since the epoch), topic, state"""

_COLUMNS: LiteralString = "originator_id, originator_version, occurred_at, topic, state"
_DIRECT: LiteralString = f"COPY log.switch_event ({_COLUMNS}) FROM STDIN (FORMAT binary)"
_STAGED: LiteralString = f"COPY pg_temp.incoming ({_COLUMNS}) FROM STDIN (FORMAT binary)"
_STAGE: LiteralString = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (n bigint GENERATED ALWAYS AS IDENTITY, originator_id uuid,"
    " originator_version bigint, occurred_at timestamptz, topic text, state bytea) ON COMMIT DELETE ROWS"
)
# Those that are there already are left out before positions are given out, so that importing twice leaves no holes.
_SETTLE: LiteralString = (
    f"INSERT INTO log.switch_event ({_COLUMNS}) SELECT {_COLUMNS} FROM ("
    " SELECT DISTINCT ON (originator_id, originator_version) * FROM pg_temp.incoming i WHERE NOT EXISTS ("
    " SELECT FROM log.switch_event e WHERE e.originator_id = i.originator_id"
    " AND e.originator_version = i.originator_version) ORDER BY originator_id, originator_version, n) AS fresh"
    " ORDER BY n ON CONFLICT DO NOTHING"
)
_PARK: LiteralString = (
    "INSERT INTO log.parked_event (part, switch, code, reason, at_offset, content, digest, received_at)"
    " VALUES ('log', %s, %s, %s, %s, %s, %s, to_timestamp(%s / 1e6)) ON CONFLICT DO NOTHING"
)

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_ROW = Struct(">hi16siqiqi")
_LENGTH = Struct(">i")


def packed(rows: Iterable[CopyRow]) -> bytes:
    """Return the rows in COPY's binary format."""
    parts = [_HEADER]
    add, pack, length = parts.append, _ROW.pack, _LENGTH.pack
    for stream, version, occurred_at, topic, state in rows:
        name = topic.encode()
        add(pack(5, 16, stream, 8, version, 8, occurred_at - POSTGRES_EPOCH, len(name)))
        add(name)
        add(length(len(state)))
        add(state)
    add(_TRAILER)
    return b"".join(parts)


def insert(connection: Connection, rows: Sequence[CopyRow], parked: Sequence[Parked], *, doubtful: bool) -> int:
    """Store what is new in one transaction and return how many events that were; a driver's error leaves nothing.

    ``doubtful`` says that some are probably there already, which spares the attempt to do without the temporary table.
    """
    data = packed(rows)
    if not doubtful:
        try:
            with connection.transaction():
                return _directly(connection, data, len(rows), parked)
        except psycopg.errors.UniqueViolation:
            pass
    with connection.transaction():
        return _by_way_of_a_stage(connection, data, parked)


def _directly(connection: Connection, data: bytes, count: int, parked: Sequence[Parked]) -> int:
    with connection.cursor() as cursor:
        if count:
            cursor.execute(LOCK)
            with cursor.copy(_DIRECT) as copy:
                copy.write(data)
            cursor.execute(f"NOTIFY {CHANNEL}")
        _park(cursor, parked)
    return count


def _by_way_of_a_stage(connection: Connection, data: bytes, parked: Sequence[Parked]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_STAGED) as copy:
            copy.write(data)
        cursor.execute(LOCK)
        stored = cursor.execute(_SETTLE).rowcount
        if stored:
            cursor.execute(f"NOTIFY {CHANNEL}")
        _park(cursor, parked)
    return stored


def _park(cursor: psycopg.Cursor[tuple[object, ...]], parked: Sequence[Parked]) -> None:
    for one in parked:
        cursor.execute(_PARK, (one.switch, one.code, one.reason, one.offset, one.content, one.digest, one.received_at))
