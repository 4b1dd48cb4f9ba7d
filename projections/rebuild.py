"""Derives all calls again beside those that serve, says what would change, and swaps the two sets at once.

The second set lives in the schema `calls_next`, made by running the numbered files of the schema `calls` again. The
call log is history: it was published and is never rewritten. So a rebuild publishes nothing while it derives; when the
sets are swapped it adds one `call.corrected` for each call whose document changed, and the next events of live calls
follow behind. The first set serves, and is kept up by its runner, until the swap; the swap holds the projection's row
for the last pages only, and the runner starts again from the new set because the generation has changed.

Calls whose first events have been dropped from the log are taken over as they are (`projections.kept_calls`).
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg import Connection, Cursor

from core.log.driver import connect, translated
from core.log.eventlog import EventLog
from core.places import take
from projections.call_log import CallLog
from projections.callflow.audience import audience_of
from projections.callflow.changes import CallEvent
from projections.digest import digest
from projections.errors import RebuildRunning
from projections.fold import Fold, FoldKind
from projections.kept_calls import hold_still, take_over
from projections.log_page import LogPage, read_page
from projections.place import lock
from projections.progress import Meter, Progress
from projections.projection import CHANNEL, NAME, SESSION, Projection
from projections.runner import PAGE

NEXT = "calls_next"
SQL_FILES = Path(__file__).parent / "sql"
PLACE = f"rebuild {NAME}"
"""the place of the one rebuild"""
_NAMED = re.compile(r"\bcalls\.(?=[a-z_]+)|(?<=SCHEMA )calls\b")

_PLACE = "SELECT position FROM log.projection WHERE name = %s"
_BEGIN = """
    INSERT INTO log.projection (name, position) VALUES (%s, 0)
    ON CONFLICT (name) DO UPDATE SET position = 0, updated_at = clock_timestamp()
"""
# What an operator decided to do without stays so when it is parked again.
_KEEP_DECISIONS: LiteralString = """
    UPDATE log.parked_event b SET state = a.state, attempts = a.attempts, tried_at = a.tried_at,
        settled_at = a.settled_at, settled_by = a.settled_by, settled_reason = a.settled_reason
    FROM log.parked_event a
    WHERE a.part = %s AND b.part = %s AND a.switch = b.switch AND a.digest = b.digest AND a.state = 'skipped'
"""
# Calls that one set has seen more of than the other when they are compared: they are looked at again in the swap.
_TOUCHED: LiteralString = """(
    SELECT call_id FROM calls.call WHERE as_of_position > %(seen)s
    UNION SELECT call_id FROM calls_next.call WHERE as_of_position > %(seen)s
    UNION SELECT alias FROM calls.alias WHERE as_of_position > %(seen)s
    UNION SELECT alias FROM calls_next.alias WHERE as_of_position > %(seen)s)"""
_COMPARE: LiteralString = """
    INSERT INTO pg_temp.difference
    SELECT call_id, coalesce(b.tenant, a.tenant), a.document, b.document
    FROM {a} a FULL JOIN {b} b USING (call_id)
    WHERE a.document::text IS DISTINCT FROM b.document::text
"""
_COMPARE_ALL = _COMPARE.replace("{a}", "calls.call").replace("{b}", "calls_next.call") + (
    f"AND call_id NOT IN {_TOUCHED}"
)
_FORGET_TOUCHED: LiteralString = f"DELETE FROM pg_temp.difference WHERE call_id IN {_TOUCHED}"
_COMPARE_TOUCHED = _COMPARE.replace("{a}", f"(SELECT * FROM calls.call WHERE call_id IN {_TOUCHED})").replace(
    "{b}", f"(SELECT * FROM calls_next.call WHERE call_id IN {_TOUCHED})"
)


class Difference(msgspec.Struct, frozen=True):
    """A call that the new set tells otherwise; `was` None: it is new, `now` None: it is gone (merged, or no call)."""

    call_id: str
    tenant: str | None
    was: dict[str, Any] | None
    now: dict[str, Any] | None

    def fields(self) -> dict[str, tuple[Any, Any]]:
        """What differs: field of the document -> (before, after)."""
        was, now = self.was or {}, self.now or {}
        return {name: (was.get(name), now.get(name)) for name in {**was, **now} if was.get(name) != now.get(name)}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild came to. `swapped` False: the first set still serves."""

    position: int
    calls: int
    changed: int
    added: int
    gone: int
    kept: int = 0
    """calls taken over as they were: their events have been dropped"""
    swapped: bool
    events: int
    """that were read: those of other topics, and what has been dropped, do not count"""
    progress: Progress

    @property
    def rate(self) -> float:
        """Events read a second."""
        return self.events / self.progress.seconds if self.progress.seconds else 0.0


class Rebuild:
    """One rebuild, step by step: `derive`, `compare`, then `swap` or `discard`."""

    def __init__(
        self, dsn: str, make_fold: Callable[[], Fold], topics: Collection[str] | None = None, *, page: int = PAGE
    ) -> None:
        self._dsn = dsn
        self._page = page
        self._projection = Projection(FoldKind(make_fold, topics), NEXT, NEXT, publish=False)
        self._meter = Meter()
        self._compared = 0
        self._kept = 0
        self._read = 0

    @contextmanager
    def session(self) -> Iterator["Rebuild"]:
        """Connections and the lock that makes this the only rebuild; raises RebuildRunning, LogAway."""
        self._events = EventLog(self._dsn)
        try:
            self._connection: Connection[Any] = connect(self._dsn, "harmony-rebuild")
            try:
                with translated():
                    if not take(self._connection, PLACE):
                        raise RebuildRunning("Another rebuild of the calls is running: wait for it, or stop it.")
                    yield self
            finally:
                self._connection.close()
        finally:
            self._events.close()

    def derive(self, report: Callable[[Progress], None] | None = None) -> Progress:
        """Fill the second set until it is where the first one is."""
        self._prepare()
        self._connection.execute(SESSION)
        while (position := self._position(NEXT)) < (head := self._position(NAME)):
            self._page_of(position, head)
            if report is not None:
                report(self._meter.progress)
        self._tell_all()
        self._connection.execute("RESET enable_seqscan; RESET enable_hashjoin; RESET enable_mergejoin")
        for (table,) in self._connection.execute(
            "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s", [NEXT]
        ).fetchall():
            self._connection.execute(f"ANALYZE {table}")
        return self._meter.progress

    def compare(self) -> Iterator[Difference]:
        """The calls that differ, by id; live ones that the first set has seen more of are looked at in the swap."""
        self._compared = self._position(NEXT)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.difference")
            cursor.execute(
                "CREATE TEMPORARY TABLE difference (call_id text PRIMARY KEY, tenant text, was json, now json)"
            )
            cursor.execute(_COMPARE_ALL, {"seen": self._compared})
        yield from self._differences()

    def swap(self, *, drop: bool = True) -> Outcome:
        """Catch up, publish the corrections, and put the second set in the place of the first, all or nothing.

        Then drop the old set, which waits for readers that are still at work in it; the next rebuild drops it else.
        """
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            first = lock(cursor, NAME)
            while (position := self._position(NEXT)) < first.position:
                self._page_of(position, first.position)
            self._tell_all()
            cursor.execute(_FORGET_TOUCHED, {"seen": self._compared})
            cursor.execute(_COMPARE_TOUCHED, {"seen": self._compared})
            self._publish(cursor, first.position, first.generation + 1)
            outcome = self._outcome(first.position, swapped=True)
            cursor.execute("ALTER SCHEMA calls RENAME TO calls_old")
            cursor.execute("ALTER SCHEMA calls_next RENAME TO calls")
            for path in sorted(SQL_FILES.glob("*_cdr_*.sql")):
                if "schema" not in path.name:
                    cursor.execute(path.read_text(encoding="utf-8"))
            cursor.execute("UPDATE log.projection SET generation = generation + 1 WHERE name = %s", [NAME])
            cursor.execute("DELETE FROM log.projection WHERE name = %s", [NEXT])
            cursor.execute(_KEEP_DECISIONS, [NAME, NEXT])
            cursor.execute("DELETE FROM log.parked_event WHERE part = %s", [NAME])
            cursor.execute("UPDATE log.parked_event SET part = %s WHERE part = %s", [NAME, NEXT])
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        if drop:
            self._connection.execute("DROP SCHEMA calls_old CASCADE")
        return outcome

    def discard(self) -> Outcome:
        """Throw the second set away; the first one stays as it is."""
        outcome = self._outcome(self._position(NEXT), swapped=False)
        with self._connection.transaction():
            self._connection.execute("DROP SCHEMA calls_next CASCADE")
            self._connection.execute("DELETE FROM log.projection WHERE name = %s", [NEXT])
            self._connection.execute("DELETE FROM log.parked_event WHERE part = %s", [NEXT])
        return outcome

    def _prepare(self) -> None:
        with self._connection.transaction():
            hold_still(self._connection)
            self._connection.execute("DROP SCHEMA IF EXISTS calls_old CASCADE")
            self._connection.execute("DROP SCHEMA IF EXISTS calls_next CASCADE")
            for path in sorted(SQL_FILES.glob("*_calls_*.sql")):
                self._connection.execute(second_set(path.read_text(encoding="utf-8")))
            self._connection.execute(_BEGIN, [NEXT])
            self._connection.execute("DELETE FROM log.parked_event WHERE part = %s", [NEXT])
            self._kept = take_over(self._connection, NEXT)
        self._projection.forget()

    def _position(self, name: str) -> int:
        row = self._connection.execute(_PLACE, [name]).fetchone()
        return int(row[0]) if row is not None else 0

    def _page_of(self, position: int, head: int) -> None:
        with self._meter.page(position, head) as page:
            found = read_page(self._events, position, self._page, self._projection.kind.topics, head)
            with self._connection.transaction(), self._connection.cursor() as cursor:
                place = lock(cursor, NEXT)
            page.parked = digest(self._connection, self._projection, found, place)
            page.reached = found.reached
            self._read += len(found.events)

    def _tell_all(self) -> None:
        """Tell what is known of long calls, which are told at a pace while pages are folded."""
        if self._projection.behind:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                place = lock(cursor, NEXT)
            digest(self._connection, self._projection, LogPage([], [], place.position), place, "all")

    def _differences(self) -> Iterator[Difference]:
        with self._connection.transaction(), self._connection.cursor(name="harmony_differences") as cursor:
            cursor.execute("SELECT call_id, tenant, was, now FROM pg_temp.difference ORDER BY call_id")
            for row in cursor:
                yield Difference(*row)

    def _publish(self, cursor: Cursor[Any], position: int, generation: int) -> None:
        log = CallLog()
        last = ""
        while True:
            cursor.execute(
                "SELECT call_id, tenant, was IS NULL, now IS NULL, convert_to(coalesce(now, was)::text, 'UTF8')"
                " FROM pg_temp.difference WHERE call_id > %s ORDER BY call_id LIMIT 5000",
                [last],
            )
            if not (rows := cursor.fetchall()):
                return
            cursor.execute("SELECT (extract(epoch FROM now()) * 1000000)::bigint")
            ((now,),) = cursor.fetchall()
            log.append(
                cursor,
                [
                    CallEvent(
                        event_id=f"{call_id}:corrected:{generation}",
                        type="call.corrected",
                        call_id=call_id,
                        tenant=tenant,
                        occurred_at=now,
                        position=position,
                        data={"correction": "added" if added else "gone" if gone else "changed"},
                        audience=audience_of(document),
                    )
                    for call_id, tenant, added, gone, document in rows
                ],
            )
            log.finished([row[0] for row in rows])
            last = rows[-1][0]

    def _outcome(self, position: int, *, swapped: bool) -> Outcome:
        counted = self._connection.execute(
            "SELECT count(*) FILTER (WHERE was IS NOT NULL AND now IS NOT NULL),"
            " count(*) FILTER (WHERE was IS NULL), count(*) FILTER (WHERE now IS NULL) FROM pg_temp.difference"
        ).fetchone()
        calls = self._connection.execute("SELECT count(*) FROM calls_next.call").fetchone()
        changed, added, gone = counted or (0, 0, 0)
        return Outcome(
            position=position,
            calls=calls[0] if calls else 0,
            changed=changed,
            added=added,
            gone=gone,
            kept=self._kept,
            swapped=swapped,
            events=self._read,
            progress=self._meter.progress,
        )


def rebuild(
    dsn: str,
    make_fold: Callable[[], Fold],
    topics: Collection[str] | None = None,
    report: Callable[[Progress], None] | None = None,
    differs: Callable[[Difference], None] | None = None,
    *,
    swap: bool = True,
) -> Outcome:
    """Derive, tell each difference, and swap (or, without `swap`, throw the second set away)."""
    with Rebuild(dsn, make_fold, topics).session() as work:
        work.derive(report)
        for difference in work.compare():
            if differs is not None:
                differs(difference)
        if not swap:
            return work.discard()
        for attempt in range(5):
            try:
                return work.swap()
            except psycopg.errors.LockNotAvailable:
                if attempt == 4:
                    raise
        raise AssertionError("unreachable")


def second_set(sql: str) -> str:
    """The SQL that makes the second set, from the one that made the first."""
    return _NAMED.sub(lambda found: found[0].replace("calls", NEXT), sql)
