"""The durable mark of a restore that has begun, in the data directory and in the database, until it came to its end.

An installation that has it is none: whoever meets it says so and goes no further, and the next restore begins anew.
The mark goes away last, first in the directory, then in the database; either one alone says enough.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from core.backup.container import BackupError
from core.backup.tables import MADE
from core.durable import replace, sync_directory

FILE = "restore.begun"
SCHEMA = "harmony_restore"
_THERE = "SELECT to_regclass('harmony_restore.begun') IS NOT NULL"
_MAKE = f"""
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.begun (one boolean PRIMARY KEY DEFAULT true CHECK (one), mark text NOT NULL)
"""
_WRITE = f"INSERT INTO {SCHEMA}.begun (mark) VALUES (%s) ON CONFLICT (one) DO UPDATE SET mark = excluded.mark"
# Of the modes that keep out their like, the one that lets others read and write the mark.
_HOLD = f"LOCK TABLE {SCHEMA}.begun IN SHARE UPDATE EXCLUSIVE MODE NOWAIT"
_HELD = "SELECT FROM pg_locks WHERE relation = %s::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted"


class RestoreBegun(BackupError):
    """A restore goes on, or ended before its time: what is there is no installation."""

    code = "backup.begun"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore said of itself before it touched anything."""

    file: str
    """the backup"""
    into: str
    """the data directory"""
    host: str = msgspec.field(default_factory=socket.gethostname)
    at: str = msgspec.field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    files: dict[str, str] = {}
    """SHA-256 of each file that it brings, by its name: what may be replaced by the next one"""

    def left(self, path: Path) -> bool:
        """Say whether a file is one that this restore put there."""
        return path.is_file() and self.files.get(path.name) == hashlib.sha256(path.read_bytes()).hexdigest()


def begun(file: Path, into: Path, files: Mapping[str, bytes]) -> Begun:
    """Make the mark of a restore that begins now."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return Begun(file=str(file.absolute()), into=str(into.absolute()), files=digests)


def in_directory(data: Path) -> Begun | None:
    """Return the mark of a data directory."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Begun)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except msgspec.DecodeError:
        return Begun(file="FILE", into=str(data), at="some time")


def mark_directory(data: Path, mark: Begun) -> None:
    """Mark a data directory, durably."""
    replace(data / FILE, msgspec.json.encode(mark) + b"\n")


def unmark_directory(data: Path) -> None:
    """Take the mark away, durably."""
    (data / FILE).unlink(missing_ok=True)
    sync_directory(data)


def refuse_directory(data: Path) -> None:
    """Raise `RestoreBegun` where a data directory has the mark."""
    if (mark := in_directory(data)) is not None:
        raise RestoreBegun(
            f"A restore of {mark.file} into {data} began at {mark.at} and did not come to its end: run "
            f"`harmony restore {mark.file}` again, or begin with a new data directory."
        )


def in_database(connection: psycopg.Connection[Any]) -> Begun | None:
    """Return the mark of a database."""
    row = connection.execute(_THERE).fetchone()
    if row is None or not row[0]:
        return None
    found = connection.execute(f"SELECT mark FROM {SCHEMA}.begun".encode()).fetchone()
    return None if found is None else msgspec.json.decode(found[0], type=Begun)


def refuse_database(connection: psycopg.Connection[Any]) -> None:
    """Raise `RestoreBegun` where a database has the mark."""
    if (mark := in_database(connection)) is None:
        return
    what = f"A restore of {mark.file} into this database, for {mark.into} on {mark.host}, began at {mark.at}"
    if connection.execute(_HELD, [f"{SCHEMA}.begun"]).fetchone() is not None:
        raise RestoreBegun(f"{what} and goes on: wait for its end.")
    raise RestoreBegun(
        f"{what} and did not come to its end: run `harmony restore {mark.file}` again, or use an empty database."
    )


class Claim:
    """A database that a restore holds, marked, for as long as ``holding`` (in autocommit mode) is open.

    ``holding`` waits in a transaction and does nothing else; whoever dies lets go by the end of his session.
    """

    def __init__(self, holding: psycopg.Connection[Any]) -> None:
        self._holding = holding

    def take(self, mark: Begun, ledger: str) -> Begun | None:
        """Claim an empty database, or what a dead restore left of one, and empty that; return the dead one's mark.

        ``ledger``: makes the ledger of migrations, in the same step: so whoever makes tables meanwhile comes first, and
        the database is not empty, or sees the mark. Raises `BackupError`.
        """
        before = in_database(self._holding)
        if before is None:
            self._first(mark, ledger)
        try:
            self._holding.execute("BEGIN")
            self._holding.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            self._holding.execute(_HOLD.encode())
        except (psycopg.errors.LockNotAvailable, psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            self._holding.execute("ROLLBACK")
            raise BackupError("Another restore into this database goes on: wait for its end.") from None
        return before

    def begin_anew(self, working: psycopg.Connection[Any], mark: Begun, ledger: str) -> None:
        """Take away what a dead restore left, and go on under our own mark."""
        with working.transaction():
            empty(working)
            working.execute(_WRITE.encode(), [msgspec.json.encode(mark).decode()])
            working.execute(ledger.encode())

    def release(self) -> None:
        """Take the mark away, and let go: what there is now counts."""
        self._holding.execute(f"DROP SCHEMA {SCHEMA} CASCADE".encode())
        self._holding.execute("COMMIT")

    def _first(self, mark: Begun, ledger: str) -> None:
        try:
            with self._holding.transaction():
                there = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)"
                if (found := self._holding.execute(there, [list(MADE)]).fetchone()) is not None:
                    raise BackupError(
                        f"The database has a Harmony already (the schema {found[0]}): restore into an empty database "
                        "or a new data directory."
                    )
                self._holding.execute(_MAKE.encode())
                self._holding.execute(_WRITE.encode(), [msgspec.json.encode(mark).decode()])
                self._holding.execute(ledger.encode())
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateSchema):
            raise BackupError("Another Harmony begins in this database just now: look what it is.") from None


def empty(connection: psycopg.Connection[Any]) -> None:
    """Drop all schemas of ours, which a restore may that has claimed the database."""
    connection.execute("SET client_min_messages = warning")
    connection.execute(f"DROP SCHEMA IF EXISTS {', '.join(MADE)} CASCADE".encode())
