"""The event log as the rest of Harmony sees it: append, read in order, read one stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, LiteralString, NamedTuple, Self, cast
from uuid import UUID

import psycopg
from psycopg import sql

from core.errors import MalformedEvent
from core.event import SEQUENCE_BITS, SwitchEvent, version_of
from core.headers import header, text
from core.log.codec import BadState, decoder
from core.log.driver import connect, translated
from core.log.imported import Origin, already_stored, noted_as_imported
from core.log.insert import Connection, insert
from core.log.prepare import Incoming, Prepared, Preparer
from core.log.runs import Runs
from core.own_event import LOSSES

_SELECT: LiteralString = (
    "SELECT position, originator_id, originator_version, topic, occurred_at, stored_at, state FROM log.switch_event"
)
OWN_TOPICS = "CUSTOM harmony::"


class BadEvent(NamedTuple):
    """An event of the log whose state cannot be read."""

    position: int
    state: bytes
    error: BadState


class EventLog:
    """One connection to the log. Safe to use from several threads, one call at a time; connects again by itself.

    ``dtmf``: whether `append` keeps or redacts the digits that people press (`core.settings`).
    """

    def __init__(self, dsn: str, *, dtmf: str = "keep") -> None:
        self.dsn = dsn
        self._lock = threading.RLock()
        self._runs = Runs()
        self._preparer = Preparer(dtmf)
        self._doubtful = False
        self._opened: Connection | None = connect(dsn, "harmony log")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a later call would open it again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _connection(self) -> Connection:
        if self._opened is None or self._opened.closed:
            self._opened = connect(self.dsn, "harmony log")
        return self._opened

    def append(self, batch: Sequence[Incoming]) -> int:
        """Redact, identify and store the batch in one transaction; return how many events were new.

        What is no event is parked. An event that is there already is left alone. Raises `LogAway` when the database
        is: then it is not known whether the batch was stored, and appending it again is right.
        """
        with self._lock:
            return self.append_prepared(self._preparer.prepare(batch))

    def append_prepared(self, batch: Prepared, origin: Origin | None = None) -> int:
        """Store what was prepared elsewhere; otherwise as `append`. ``origin``: a file that it comes from."""
        with self._lock, translated():
            connection = self._connection()
            rows = [
                (
                    row.stream,
                    version_of(self._runs.number(connection, row.core_uuid, row.switch), row.sequence),
                    row.occurred_at,
                    row.topic,
                    row.state,
                )
                for row in batch.rows
            ]
            with noted_as_imported(connection, origin):
                stored = insert(connection, rows, batch.parked, doubtful=self._doubtful)
            self._doubtful = stored < len(rows)
            return stored

    def read(
        self,
        after: int,
        limit: int,
        topics: Collection[str] | None = None,
        upto: int | None = None,
        on_bad: Callable[[BadEvent], None] | None = None,
    ) -> list[SwitchEvent]:
        """Return at most ``limit`` events behind the position ``after`` (and not behind ``upto``), in order.

        An event whose bytes are damaged goes to ``on_bad`` and is left out; without ``on_bad``, `BadState` is raised.
        A reader of few topics asks for `head` first and reads ``upto`` it: with less than ``limit`` in hand it has
        seen all up to there, and goes on from there instead of from its last event.
        """
        query: LiteralString = _SELECT + " WHERE position > %s"
        values: list[Any] = [after]
        if upto is not None:
            query, values = query + " AND position <= %s", [*values, upto]
        if topics is not None:
            query, values = query + " AND topic = ANY(%s)", [*values, list(topics)]
        return self._select(query + " ORDER BY position LIMIT %s", [*values, limit], on_bad)

    def losses(self, limit: int) -> list[SwitchEvent]:
        """Return the newest own events that tell when switches were heard and what was lost, in order."""
        with self._lock, translated():
            return losses(self._connection(), limit, self._runs)

    def core_of(self, run: int) -> tuple[str, str]:
        """Return the Core-UUID of a run, and its switch; empty for a run that is not there."""
        with self._lock, translated():
            find = "SELECT core_uuid, switch FROM log.switch_run WHERE run = %s"
            row = self._connection().execute(find, (run,)).fetchone()
        return ("", "") if row is None else (str(row[0]), str(row[1]))

    def installation(self) -> str:
        """Return what this log is called everywhere."""
        with self._lock, translated():
            row = self._connection().execute("SELECT id FROM log.installation").fetchone()
        return "" if row is None else str(row[0])

    def imported(self, chain: list[bytes]) -> set[bytes]:
        """Return those of the digests of a file's chain up to which it was imported earlier."""
        with self._lock, translated():
            return already_stored(self._connection(), chain)

    def stream(self, stream: UUID) -> list[SwitchEvent]:
        """Return all events of a leg or of a switch core, by run and sequence."""
        return self._select(_SELECT + " WHERE originator_id = %s ORDER BY originator_version", [stream])

    def get(self, position: int) -> SwitchEvent | None:
        """Return the event at a position, or None."""
        events = self._select(_SELECT + " WHERE position = %s", [position])
        return events[0] if events else None

    def at(self, positions: Sequence[int]) -> list[SwitchEvent]:
        """Return the events at these positions that are there, in order."""
        return self._select(_SELECT + " WHERE position = ANY(%s) ORDER BY position", [list(positions)])

    def head(self) -> int:
        """Return the last position, 0 for an empty log."""
        with self._lock, translated():
            row = self._connection().execute("SELECT coalesce(max(position), 0) FROM log.switch_event").fetchone()
        return int(str(row[0])) if row else 0

    def _select(
        self, query: LiteralString, values: list[Any], on_bad: Callable[[BadEvent], None] | None = None
    ) -> list[SwitchEvent]:
        events, bad = [], []
        with self._lock, translated():
            connection = self._connection()
            with connection.cursor(binary=True) as cursor:
                rows = cursor.execute(query, values, prepare=True).fetchall()
            for row in rows:
                try:
                    events.append(event_of(connection, self._runs, cast(tuple[Any, ...], row)))
                except BadState as error:
                    if on_bad is None:
                        raise
                    bad.append(BadEvent(cast(int, row[0]), cast(bytes, row[6]), error))
        for one in bad:
            assert on_bad is not None
            on_bad(one)
        return events


def event_of(connection: psycopg.Connection[Any], runs: Runs, row: tuple[Any, ...]) -> SwitchEvent:
    """Return the event of a row, as it was selected; raise `BadState` when its bytes are damaged."""
    position, stream, version, topic, occurred_at, stored_at, state = row
    term = decoder().decode(state)
    switch = runs.switch(connection, version >> SEQUENCE_BITS)
    if topic.startswith(OWN_TOPICS):
        with suppress(MalformedEvent):  # whoever reads it for more than its place will say so
            switch = text(header(term, b"Harmony-Switch") or switch.encode())
    return SwitchEvent(position, stream, version, topic, occurred_at, stored_at, switch, term)


def losses(connection: psycopg.Connection[Any], limit: int, runs: Runs | None = None) -> list[SwitchEvent]:
    """Return the newest own events that tell when switches were heard and what was lost, in order.

    The topics stand in the statement as they stand in the index: parameters would keep it from being used. What is
    damaged is left out: `verify` tells of it.
    """
    query = sql.SQL("{} WHERE topic IN ({}) ORDER BY position DESC LIMIT {}").format(
        sql.SQL(_SELECT), sql.SQL(", ").join(sql.Literal(f"CUSTOM {name}") for name in LOSSES), sql.Literal(limit)
    )
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query).fetchall()
    found = []
    for row in reversed(rows):
        with suppress(BadState):
            found.append(event_of(connection, runs or Runs(), row))
    return found
