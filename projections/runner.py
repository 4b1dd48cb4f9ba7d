"""The one place that does the effects of a projection: reads the log, folds, writes, waits, and starts again.

A page is one transaction: rows, call events and position move together or not at all, so that a kill at any instant
leaves the tables at the end of some page. Two locks: a place, held for as long as a runner lives, makes one
active and the others wait; the projection's own row, locked page by page, is what makes writing safe, also against a
rebuild. What a call is stands in `callflow`, what a row is in `tables`.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import psycopg

from core.following import Follower, Session
from core.log.driver import connect
from core.log.eventlog import EventLog
from core.log.hearing import heard
from core.places import take
from projections.callflow.pacing import Pace
from projections.digest import digest
from projections.errors import Moved
from projections.fold import Fold, FoldKind
from projections.log_page import LogPage, read_page
from projections.place import Place
from projections.progress import Meter, Progress
from projections.projected import Projected
from projections.projection import SESSION, Projection

Connection = psycopg.Connection[tuple[object, ...]]

PAGE = 2000
"""events a transaction while catching up; live pages hold whatever has come meanwhile"""
PACE = 0.02
"""seconds between the pages of a runner that has caught up: more pages would cost more and show nothing sooner"""
POLL = 0.25
"""seconds after which the log is looked at without a notification"""


class Runner:
    """Keeps the tables of a projection at the head of the switch log. One thread uses it at a time."""

    def __init__(
        self, dsn: str, make_fold: Callable[[], Fold], topics: Collection[str] | None = None, *, page: int = PAGE
    ) -> None:
        """Of the calls, by this fold."""
        self._follow(dsn, Projection(FoldKind(make_fold, topics)), page)

    @classmethod
    def of(cls, dsn: str, projection: Projected, *, page: int = PAGE) -> "Runner":
        """Of another projection."""
        runner = cls.__new__(cls)
        runner._follow(dsn, projection, page)
        return runner

    def _follow(self, dsn: str, projection: Projected, page: int) -> None:
        self._dsn = dsn
        self._page = page
        self._projection = projection
        self.name = f"projection {projection.name}"
        """of its thread, and of the place of the active one"""
        self._place: Place | None = None
        self._meter = Meter()
        self.last_error: tuple[str, int] | None = None
        """why it last had to start again, and when (µs since the epoch)"""

    @property
    def progress(self) -> Progress:
        """How far it is; may be read from other threads."""
        return self._meter.progress

    def run_once(self, report: Callable[[Progress], None] | None = None) -> Progress:
        """Fold what is in the log now and return; wait for it where another runner is at work.

        Raises `LogAway` when the database cannot be reached.
        """
        with self._session() as (events, connection):
            target = events.head()
            self._start(events, connection)
            while self.progress.position < target:
                if not self._active(connection):
                    time.sleep(PACE)
                    self._start(events, connection)
                    continue
                self._step(events, connection, target)
                if report is not None:
                    report(self.progress)
            self._tell_more(connection, "all")
        return self.progress

    def run_forever(self, stop: threading.Event, report: Callable[[Progress], None] | None = None) -> None:
        """Follow the log, in a thread of its own, until `stop` is set; a database that goes away is waited for."""
        follower = self.started(report)
        stop.wait()
        follower.stop(60)

    def started(self, report: Callable[[Progress], None] | None = None) -> Follower:
        """Follow the log, in a thread of its own, until that is stopped."""
        follower = _Following(self, report or (lambda _: None))
        follower.start()
        return follower

    @contextmanager
    def _session(self) -> Iterator[tuple[EventLog, Connection]]:
        self._forget()
        events = EventLog(self._dsn)
        try:
            connection = connect(self._dsn, "harmony-project")
            try:
                connection.execute(SESSION)
                yield events, connection
            finally:
                connection.close()
        finally:
            events.close()
            self._forget()

    def _active(self, connection: Connection) -> bool:
        """Whether this runner is the active one, becoming it if nobody is."""
        if self._place is not None:
            return True
        if not take(connection, self.name):
            return False
        self._place = self._where(connection)
        return True

    def _where(self, connection: Connection) -> Place:
        with connection.transaction(), connection.cursor() as cursor:
            return self._projection.lock(cursor)

    def _start(self, events: EventLog, connection: Connection) -> None:
        """Look where the projection is, without being the one that moves it."""
        row = connection.execute(
            "SELECT position FROM log.projection WHERE name = %s", [self._projection.name]
        ).fetchone()
        position = int(str(row[0])) if row is not None else 0
        self._meter.at(position, events.head())

    def _forget(self) -> None:
        self._projection.forget()
        self._place = None

    def _tell_more(self, connection: Connection, pace: Pace) -> bool:
        """Tell more of the long calls that are not told yet; False when there are none."""
        if self._place is None or not self._projection.behind:
            return False
        try:
            digest(connection, self._projection, LogPage([], [], self._place.position), self._place, pace)
        except Moved:
            self._place = self._where(connection)
        return True

    def _step(self, events: EventLog, connection: Connection, target: int | None) -> bool:
        """Fold one page; False when there was nothing to fold."""
        place = self._place if self._place is not None else self._where(connection)
        head = events.head() if target is None else target
        if place.position >= head:
            self._meter.at(place.position, head)
            return False
        with self._meter.page(place.position, head) as taken:
            page = read_page(events, place.position, self._page, self._projection.topics, head)
            try:
                taken.parked = digest(connection, self._projection, page, place)
            except Moved:
                self._place = self._where(connection)
                return True
            taken.reached = page.reached
            self._place = Place(taken.reached, place.generation)
        return True


class _Following(Follower):
    """Turns of the runner for ever: a page, or a part of what is not told yet, or a wait."""

    def __init__(self, runner: Runner, report: Callable[[Progress], None]) -> None:
        super().__init__(runner.name)
        self._runner, self._report = runner, report
        self._listening = self._quiet = False

    @contextmanager
    def session(self) -> Iterator[Session]:
        self._listening = self._quiet = False
        try:
            with self._runner._session() as (events, connection):
                yield Session(lambda: self._turn(events, connection), lambda: None)
        except Exception as error:
            self._runner.last_error = str(error).strip().partition("\n")[0] or repr(error), time.time_ns() // 1000
            raise

    def _turn(self, events: EventLog, connection: Connection) -> bool:
        runner = self._runner
        if not runner._active(connection):
            self.rest(POLL)
            return True
        if not self._listening:
            connection.execute("LISTEN harmony_log")
            self._listening = True
        if runner._step(events, connection, None):
            self._quiet = False
            self._report(runner.progress)
            if runner.progress.position >= runner.progress.head:
                self.rest(PACE)
        elif not (self._quiet and runner._tell_more(connection, "idle")):
            self._quiet = not heard(connection, POLL)
        return True


__all__ = ["PAGE", "Progress", "Runner"]
