"""Bringing a database to this version: numbered SQL files, applied in order, once, each in its own transaction.

Files are ``NNNN_name.sql`` in ``core/sql`` (0001 to 0099) and ``projections/sql`` (from 0100), one object a file, and
never change once released: `log.migration` remembers their checksums. What the files hold is not this module's concern.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import psycopg

from core.backup.begun import refuse_database
from core.errors import HarmonyError
from core.log.driver import translated

ROOT = Path(__file__).resolve().parent.parent
DIRECTORIES = (ROOT / "core" / "sql", ROOT / "projections" / "sql")
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
LEDGER = """
    CREATE SCHEMA IF NOT EXISTS log;
    CREATE TABLE IF NOT EXISTS log.migration (number integer PRIMARY KEY, name text NOT NULL,
        checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())
"""
# Of several processes that start at once each applies what is missing when its turn has come.
_LOCK = "LOCK TABLE log.migration IN EXCLUSIVE MODE"


class MigrationError(HarmonyError):
    """The database's tables cannot be brought to this version as they are."""

    code = "migration"


class Migration(msgspec.Struct, frozen=True):
    """One numbered SQL file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What tells a changed file from the one that was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def found(directories: Iterable[Path] = DIRECTORIES) -> list[Migration]:
    """Read the migrations of this version, in order; raise `MigrationError` for two of one number or an odd name."""
    migrations: dict[int, Migration] = {}
    for path in sorted(path for directory in directories for path in directory.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path} is not named NNNN_what_it_makes.sql: rename it.")
        number = int(match[1])
        if number in migrations:
            raise MigrationError(f"{path} and {migrations[number].name} have the same number {number}: renumber one.")
        migrations[number] = Migration(number, path.stem, path.read_text(encoding="utf-8"))
    return [migrations[number] for number in sorted(migrations)]


def migrate(dsn: str, migrations: Sequence[Migration] | None = None, *, restoring: bool = False) -> list[str]:
    """Apply what is missing and return the names applied; raise `MigrationError` when an applied file has changed.

    Raises `RestoreBegun` where a restore is not at its end, but for that very one (``restoring``).
    """
    wanted = found() if migrations is None else migrations
    with translated(), psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        _make_ledger(connection)
        if not restoring:
            refuse_database(connection)
        done: dict[int, str] = dict(connection.execute("SELECT number, checksum FROM log.migration").fetchall())
        # Before anything is applied: who is refused has the tables as they were, for the version that made them.
        for migration in wanted:
            if done.get(migration.number, migration.checksum) != migration.checksum:
                raise MigrationError(
                    f"{migration.name}.sql differs from what this database was made with: install the release again, "
                    "or, if an unreleased version made it, take its events along as docs/how-to/upgrade.md says."
                )
        missing = [migration for migration in wanted if migration.number not in done]
        return [migration.name for migration in missing if _apply(connection, migration)]


def pending(dsn: str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Return the names of the migrations that the database lacks, changing nothing; raise `RestoreBegun`."""
    wanted = found() if migrations is None else migrations
    with translated(), psycopg.connect(dsn, autocommit=True) as connection:
        refuse_database(connection)
        row = connection.execute("SELECT to_regclass('log.migration') IS NOT NULL").fetchone()
        rows = connection.execute("SELECT number FROM log.migration").fetchall() if row and row[0] else []
    done = {number for (number,) in rows}
    return [migration.name for migration in wanted if migration.number not in done]


def _make_ledger(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the table of what was applied; of two who do it at once one is refused, and finds it made."""
    for attempt in range(5):
        try:
            connection.execute(LEDGER)
            return
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateSchema):
            if attempt == 4:
                raise


def _apply(connection: psycopg.Connection[tuple[object, ...]], migration: Migration) -> bool:
    """Apply one; False when another process has done it meanwhile."""
    try:
        with connection.transaction():
            connection.execute(_LOCK)
            there = "SELECT FROM log.migration WHERE number = %s"
            if connection.execute(there, (migration.number,)).fetchone() is not None:
                return False
            connection.execute(migration.sql.encode())
            connection.execute(
                "INSERT INTO log.migration (number, name, checksum) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.checksum),
            )
        return True
    except psycopg.errors.DatabaseError as error:
        if isinstance(error, psycopg.OperationalError):
            raise
        raise MigrationError(f"{migration.name}.sql failed and changed nothing: {error}".rstrip() + ".") from error
