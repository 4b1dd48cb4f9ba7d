"""Writes what changed in calls, and only that, in about as many statements a page as there are tables.

It remembers the rows that it wrote for live calls, compares, and replaces the rows that differ: one DELETE by keys for
all tables together, and one binary COPY a table. A call it does not remember (after a restart, or long finished) is
replaced whole. Of a long call it remembers the last document, too, which spares making rows again that are the same
(`rows_of`). The caller owns the transaction, and calls `forget` when one did not commit. No psycopg pipeline in here:
with bulk data it can wait for ever.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier

from core.zstd import compress, decompress
from projections.callflow.changes import CallState, Changes, Merged
from projections.callflow.document import Call
from projections.tables.rows import Rows, rows_of
from projections.tables.table import CALL, FOLD_PART, FOLD_STATE, TABLES, Row, Table, key


class _Page(msgspec.Struct):
    """What one page does to one table."""

    whole: list[str] = msgspec.field(default_factory=list)
    gone: list[tuple[str, int]] = msgspec.field(default_factory=list)
    new: list[Row] = msgspec.field(default_factory=list)


def _copy(schema: str, table: Table) -> Composed:
    columns = SQL(", ").join(map(Identifier, table.names()))
    return SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(Identifier(schema, table.name), columns)


def _delete(schema: str) -> Composed:
    """One statement for all tables: a live page is small, and each way to the server and back takes longer than it."""
    parts: list[Composed] = []
    for table in (*TABLES, FOLD_PART):
        name = Identifier(schema, table.name)
        parts.append(SQL("(DELETE FROM {} WHERE call_id = ANY(%b::text[]))").format(name))
        if table.numbered:
            parts.append(
                SQL(
                    "(DELETE FROM {} t USING unnest(%b::text[], %b::int[]) AS gone (call_id, n)"
                    " WHERE t.call_id = gone.call_id AND t.n = gone.n)"
                ).format(name)
            )
    named = [SQL("{} AS {}").format(Identifier(f"part_{n}"), part) for n, part in enumerate(parts)]
    return SQL("WITH {} SELECT").format(SQL(", ").join(named))


class CallTables:
    """The tables of one set, `calls` or the one that a rebuild fills beside it."""

    def __init__(self, schema: str = "calls") -> None:
        self._written: dict[str, Rows] = {}
        self._documents: dict[str, Call] = {}
        """of long calls, what the rows were made of"""
        self._legs: dict[str, list[str]] = {}
        self._delete = _delete(schema)
        self._copy = {table: _copy(schema, table) for table in (*TABLES, FOLD_PART)}
        parts = Identifier(schema, "fold_part")
        self._put_legs, self._load, self._move_legs, self._move_aliases, self._revive, self._put_aliases = (
            SQL(statement).format(Identifier(schema, "fold_leg"), Identifier(schema, other), parts)
            for statement, other in (
                (
                    "INSERT INTO {0} AS had (leg, call_id) SELECT * FROM unnest(%b::text[], %b::text[])"
                    " ON CONFLICT (leg) DO UPDATE SET call_id = excluded.call_id WHERE had.call_id <> excluded.call_id",
                    "fold_leg",
                ),
                (
                    "SELECT s.call_id, array(SELECT part FROM {2} p WHERE p.call_id = s.call_id ORDER BY n) || s.state"
                    " FROM {1} s WHERE s.call_id IN"
                    " (SELECT l.call_id FROM {0} l WHERE l.leg = ANY(%b::text[])) ORDER BY s.call_id",
                    "fold_state",
                ),
                (
                    "UPDATE {0} l SET call_id = m.call_id FROM unnest(%b::text[], %b::text[]) AS m (alias, call_id)"
                    " WHERE l.call_id = m.alias",
                    "fold_leg",
                ),
                (
                    "UPDATE {1} a SET call_id = m.call_id, as_of_position = %b"
                    " FROM unnest(%b::text[], %b::text[]) AS m (alias, call_id) WHERE a.call_id = m.alias",
                    "alias",
                ),
                ("DELETE FROM {1} WHERE alias = ANY(%b::text[])", "alias"),
                (
                    "INSERT INTO {1} (alias, call_id, position, as_of_position)"
                    " SELECT *, %b FROM unnest(%b::text[], %b::text[], %b::bigint[])"
                    " ON CONFLICT (alias) DO UPDATE SET call_id = excluded.call_id, position = excluded.position,"
                    " as_of_position = excluded.as_of_position",
                    "alias",
                ),
            )
        )

        self._load_live = SQL(
            "SELECT s.call_id, array(SELECT part FROM {} p WHERE p.call_id = s.call_id ORDER BY n) || s.state"
            " FROM {} s WHERE live ORDER BY s.call_id"
        ).format(parts, Identifier(schema, "fold_state"))

    def forget(self) -> None:
        """Nothing that was written since the last commit can be relied on."""
        self._written.clear()
        self._documents.clear()
        self._legs.clear()

    def load(self, cursor: Cursor[Any], legs: Sequence[str]) -> list[list[bytes]]:
        """The stored states of the calls that hold these legs, each in its parts, in a stable order."""
        if not legs:
            return []
        cursor.execute(self._load, [[key(leg) for leg in legs]])
        return [[*map(decompress, state)] for _, state in cursor.fetchall()]

    def load_live(self, cursor: Cursor[Any]) -> list[list[bytes]]:
        """The stored states of all calls whose end has not been seen, in a stable order."""
        cursor.execute(self._load_live)
        return [[*map(decompress, state)] for _, state in cursor.fetchall()]

    def write(self, cursor: Cursor[Any], changes: Changes, as_of: int) -> None:
        """Make the tables say what the changes say; `as_of` is the position that the page reaches."""
        pages = {table: _Page() for table in (*TABLES, FOLD_PART)}
        if changes.merged:
            self._merge(cursor, changes.merged, pages, as_of)
        if changes.revived:
            cursor.execute(self._revive, [[key(call_id) for call_id in changes.revived]])
        legs: dict[str, str] = {}
        for call in changes.calls:
            call_id = key(call.call_id)
            before = self._written.pop(call_id, None)
            rows = self._rows(call, before)
            if call.renewed:
                pages[FOLD_PART].whole.append(call_id)
            for n, part in enumerate(call.parts, call.first_part):
                pages[FOLD_PART].new.append((call_id, n, compress(part)))
            for table in rows:
                _compare(pages[table], table, call_id, None if before is None else before[table], rows[table], as_of)
            known = self._legs.pop(call_id, [])
            if known is not call.legs:
                there = frozenset(known)
                legs |= {key(leg): call_id for leg in call.legs if leg not in there}
            if call.live and (before is not None or call.document is not None):
                self._written[call_id] = rows if before is None else before | rows
                self._legs[call_id] = call.legs
                if call.document is not None:
                    self._documents.pop(call_id, None)
                    if call.rendered is not None:
                        self._documents[call_id] = call.document
            else:
                self._documents.pop(call_id, None)
        self._remove(cursor, pages)
        for table, page in pages.items():
            self._add(cursor, table, page)
        if legs:
            cursor.execute(self._put_legs, [list(legs), list(legs.values())])

    def _rows(self, call: CallState, before: Rows | None) -> Rows:
        """What is said of a call, by table; a table that is not named stays as it is."""
        rows: Rows = {}
        if not call.shown:
            rows = {table: [] for table in TABLES}
        elif call.document is not None:
            known = self._documents.get(key(call.call_id))
            rows = rows_of(
                call.document, call.live, call.rendered, None if known is None or before is None else (known, before)
            )
        rows[FOLD_STATE] = [(compress(call.state), call.live)]
        return rows

    def _merge(self, cursor: Cursor[Any], merged: Iterable[Merged], pages: dict[Table, _Page], as_of: int) -> None:
        target: dict[str, tuple[str, int]] = {}
        for one in merged:
            alias, call_id = key(one.alias), key(one.call_id)
            for earlier, (end, position) in target.items():
                if end == alias:
                    target[earlier] = (call_id, position)
            target[alias] = (call_id, one.position)
        aliases = list(target)
        calls = [call_id for call_id, _ in target.values()]
        for alias in aliases:
            for remembered in (self._written, self._documents, self._legs):
                remembered.pop(alias, None)
        for page in pages.values():
            page.whole.extend(aliases)
        cursor.execute(self._move_legs, [aliases, calls])
        cursor.execute(self._move_aliases, [as_of, aliases, calls])
        cursor.execute(self._put_aliases, [as_of, aliases, calls, [position for _, position in target.values()]])

    def _remove(self, cursor: Cursor[Any], pages: dict[Table, _Page]) -> None:
        values: list[Any] = []
        for table, page in pages.items():
            values.append(page.whole)
            if table.numbered:
                values += [[call_id for call_id, _ in page.gone], [n for _, n in page.gone]]
        if any(values):
            cursor.execute(self._delete, values)

    def _add(self, cursor: Cursor[Any], table: Table, page: _Page) -> None:
        if page.new:
            with cursor.copy(self._copy[table]) as copy:
                copy.set_types(table.types())
                for row in page.new:
                    copy.write_row(row)


def _compare(page: _Page, table: Table, call_id: str, before: list[Row] | None, now: list[Row], as_of: int) -> None:
    if before is None:
        page.whole.append(call_id)
        before = []
    elif before == now:
        return
    if not table.numbered:
        if before:
            page.whole.append(call_id)
        if now:
            page.new.append((call_id, *now[0], as_of) if table is CALL else (call_id, *now[0]))
        return
    for n, row in enumerate(now):
        if n < len(before):
            if before[n] is row or before[n] == row:
                continue
            page.gone.append((call_id, n))
        page.new.append((call_id, n, *row))
    page.gone.extend((call_id, n) for n in range(len(now), len(before)))
