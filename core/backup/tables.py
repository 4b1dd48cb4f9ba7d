"""A database's tables out into parts and back, as they were at one instant, whatever goes on meanwhile.

All tables of our schemas with all their columns, in PostgreSQL's binary COPY. The schemas are not in it: they are made
again by the very migrations that had made them, whose names and checksums the backup tells. What only says how the
processes of the moment are doing is left out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.sql import SQL, Composed, Identifier

from core.backup.container import BackupError

SCHEMAS = ("log", "calls", "centre", "hooks", "auth")
MADE = (*SCHEMAS, "cdr", "calls_next", "calls_old")
"""all schemas of ours, those that hold nothing of their own too"""
_OF_THE_MOMENT = frozenset({"log.migration", "log.service", "log.place", "log.writing"})
_TABLES = """
    SELECT n.nspname, c.relname, array_agg(a.attname ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname = ANY(%s) GROUP BY 1, 2 ORDER BY 1, 2
"""
_NEEDS = """
    SELECT n.nspname || '.' || c.relname, m.nspname || '.' || d.relname FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class d ON d.oid = k.confrelid JOIN pg_namespace m ON m.oid = d.relnamespace
    WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
"""
_SEQUENCES = "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE schemaname = ANY(%s) ORDER BY 1, 2"


class TableOf(msgspec.Struct, frozen=True):
    """A table as a backup has it."""

    schema: str
    name: str
    columns: list[str]

    @property
    def part(self) -> str:
        """The part's name."""
        return f"table/{self.schema}.{self.name}"

    @property
    def full(self) -> str:
        return f"{self.schema}.{self.name}"


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup has of a database, but for the rows."""

    migrations: list[tuple[int, str, str]]
    """number, name and checksum of what made the tables"""
    tables: list[TableOf]
    """in an order in which they can be filled"""
    sequences: list[tuple[str, str, int | None]]


def contents(connection: psycopg.Connection[Any]) -> Contents:
    """Look at a database, within the transaction in which it will be read."""
    found = [TableOf(*row) for row in connection.execute(_TABLES, [list(SCHEMAS)]).fetchall()]
    found = [table for table in found if table.full not in _OF_THE_MOMENT]
    needs: dict[str, set[str]] = {}
    for table, needed in connection.execute(_NEEDS).fetchall():
        needs.setdefault(table, set()).add(needed)
    ordered: list[TableOf] = []
    while found:
        there = {table.full for table in ordered}
        ready = [table for table in found if needs.get(table.full, set()) <= there]
        if not ready:
            raise BackupError("The tables refer to each other in a circle: this is a fault of Harmony, report it.")
        ordered += ready
        found = [table for table in found if table not in ready]
    return Contents(
        migrations=connection.execute("SELECT number, name, checksum FROM log.migration ORDER BY number").fetchall(),
        tables=ordered,
        sequences=connection.execute(_SEQUENCES, [list(SCHEMAS)]).fetchall(),
    )


def rows(connection: psycopg.Connection[Any], table: TableOf) -> Generator[bytes, None, None]:
    """Yield the rows of a table as pieces of a binary COPY; to be closed before the connection does anything else."""
    # What rebuilds are in the middle of is not taken along: their second set is not, either.
    only = SQL(" WHERE name NOT LIKE 'calls\\_%'") if table.full == "log.projection" else SQL("")
    statement = SQL("COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT BINARY)").format(_columns(table), _named(table), only)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            yield bytes(piece)


def fill(connection: psycopg.Connection[Any], table: TableOf, pieces: Iterator[bytes]) -> None:
    """Put the rows into a table that the migrations made, in the place of whatever they put there."""
    connection.execute(SQL("DELETE FROM {}").format(_named(table)))
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(_named(table), _columns(table))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in pieces:
            copy.write(piece)


def set_sequences(connection: psycopg.Connection[Any], sequences: Sequence[tuple[str, str, int | None]]) -> None:
    """Go on counting where the backup was."""
    for schema, name, last in sequences:
        if last is not None:
            connection.execute(SQL("SELECT setval({}::regclass, %s)").format(f'"{schema}"."{name}"'), [last])


def _named(table: TableOf) -> Composed:
    return Composed([Identifier(table.schema, table.name)])


def _columns(table: TableOf) -> Composed:
    return SQL(", ").join(map(Identifier, table.columns))
