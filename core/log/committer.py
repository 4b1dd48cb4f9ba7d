"""The half of the log writer that speaks with the database: batches go in, in order, straight or by way of the spool.

While the database takes them, batches are handed over in memory. When it goes away, or is so slow that batches pile up,
all that is not known to be stored moves to the spool, in order, and everything newer behind it; when that is drained
it goes straight again. A batch that may have been stored is stored again: the log keeps each event once.

The order is always: the spool, then what was handed over, then the writer's queue. Only this thread takes from the
front; only the writer's thread adds at the back, or moves what was handed over into the spool.

A spool that is full is no error here: `blocked` says so, the reader of the switch's socket pauses, and all waits in
memory until there is room or the database is back. Only the end of the process cannot wait: then as much is kept as
there is room for, in order, and the rest is counted and written down where the next process tells it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from core.errors import LogError, LogRefused
from core.following import Follower, Session
from core.log.codec import decoder
from core.log.eventlog import EventLog
from core.log.prepare import Incoming, Parked, Prepared, Preparer, Row
from core.log.spool import Lost, Spool, SpoolError
from core.own_event import SPOOL_USED, OwnEvents

LOG: Final = logging.getLogger("harmony.log")
HANDED = 3
"""batches in memory between the two threads"""
PATIENCE = 1.0
"""seconds that a batch waits for those before it, until all of them are spooled"""
_SHORTEST, _LONGEST = 0.05, 2.0  # seconds between two attempts to reach the database
_SAY: Final = 60.0  # seconds between two lines that say that the same trouble goes on


class Committer(Follower):
    """Stores prepared batches in order. ``away`` is called (from this thread) when batches should be moved."""

    def __init__(self, dsn: str, spool: Spool, own: OwnEvents, node: str, away: Callable[[], None]) -> None:
        super().__init__("log-committer", first=_SHORTEST, longest=_LONGEST)
        self._dsn = dsn
        self._spool = spool
        self._own = own
        self._node = node
        self._away = away
        self._changed = threading.Condition()
        self._handed: deque[Prepared] = deque()
        self._direct = spool.is_empty()
        self._no_more = False
        self._log: EventLog | None = None
        self._trouble: str | None = None
        self._full: str | None = None
        self._said = 0.0
        self._giving_up = self._no_room = False
        self._lost = 0
        self._before = spool.lost()
        self._settled = self._stored = self._duplicates = self._parked = self._spooled = self._drained = 0
        # The present stay in the spool: since when, how many events, and why; and the own event that will tell of it.
        self._since = self._episode = 0
        self._reason = "left over from an earlier process"
        self._owed: Prepared | None = None

    def counters(self) -> dict[str, Any]:
        """Return what goes into `WriterStats`."""
        return {
            "stored": self._stored,
            "duplicates": self._duplicates,
            "spooled": self._spooled,
            "drained": self._drained,
            "parked": self._parked,
            "spool_bytes": self._spool.bytes,
            "spool_damages": len(self._spool.damages),
            "direct": self._direct,
            "trouble": self._full or self._trouble,
            "blocked": self._full is not None,
            "dropped": self._lost,
        }

    @property
    def blocked(self) -> bool:
        """Whether events can go nowhere just now: the database is away and the spool takes no more."""
        return self._full is not None

    # Called by the writer's thread

    def hand(self, batch: Prepared, hurry: Callable[[], bool]) -> None:
        """Take a batch: in memory while the database keeps up, else into the spool; wait while that is full."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                if self._direct and len(self._handed) < HANDED:
                    self._handed.append(batch)
                    break
                if not self._direct and self._moved():
                    if self._giving_up:
                        self._keep_what_fits(batch)
                        break
                    if self._spooled_away(batch):
                        break
                if self._direct and (hurry() or time.monotonic() > deadline):
                    self._divert("the database does not keep up")
                    continue
                self._changed.wait(0.1 if self._full is None else 0.5)
            self._changed.notify_all()

    def move(self) -> None:
        """Spool what was handed over, if the database is away."""
        with self._changed:
            self._moved()

    def give_up(self) -> None:
        """From now on wait for nothing: keep what there is room for, and count the rest as lost."""
        with self._changed:
            if self._handed or not self._direct:
                self._divert("the database did not answer at the end")
            self._giving_up = True
            self._changed.notify_all()

    def no_more(self) -> None:
        """Say that nothing more will be handed over."""
        with self._changed:
            self._no_more = True
            self._changed.notify_all()
        self.ring()

    # Called by anyone

    def wait_for(self, count: int, timeout: float) -> bool:
        """Wait until so many of the events put to this process are in the database."""
        with self._changed:
            return self._changed.wait_for(lambda: self._settled >= count, timeout)

    def stop(self, timeout: float = 10.0) -> bool:
        """Wait for the end after `no_more`, spooling what a database that is away or hangs does not take.

        False when something is lost; how much is in `counters`, in the log file, and for the next process in the spool.
        """
        if self.is_alive():
            self.join(timeout / 2)
        with self._changed:
            if self._handed:
                self._divert("the database did not answer at the end")
            self._giving_up = True
            safe = self._moved()
            self._changed.notify_all()
        if self.is_alive():
            self.join(timeout / 2)
        if self._lost:
            self._tell_lost()
        if not self.is_alive():
            self._spool.close()
        return safe and not self._lost

    def _tell_lost(self) -> None:
        now = time.time_ns() // 1000
        before = self._before
        events, since = self._lost, self._since or now
        if before is not None:  # nobody has told of it yet
            events, since = events + before.events, min(since, before.since)
        noted = self._spool.note_lost(Lost(events, since, now))
        LOG.error(
            "%d events are lost: the database is away and there is no room for them in the spool %s%s",
            self._lost,
            self._spool.directory,
            "; the event log will tell it at the next start" if noted else "; nor could this be written down there",
        )

    # This thread

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Store batches; whatever fails, what waits goes by way of the spool and must be stored some day."""
        try:
            yield Session(self._next, lambda: None)
        except Exception as error:
            with self._changed:
                self._divert(str(error) or type(error).__name__)
            self._away()
            with self._changed:
                if self._no_more and not self._handed:
                    self.finish()
            raise
        finally:
            if self.stopping.is_set() and self._log is not None:
                self._log.close()

    def _next(self) -> bool:
        """Store the oldest batch, waiting for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._handed or not self._direct or self._no_more)
            if self._no_more and not self._handed and (self._direct or not self._spool.is_empty()):
                self.finish()  # what is in the spool waits there for the next start
                return False
        self._one()
        self._trouble = None
        return True

    def _say(self, what: str) -> None:
        """Write a line, at most one a minute."""
        now = time.monotonic()
        if not self._said or now - self._said >= _SAY:
            self._said = now
            LOG.error("%s", what)

    def _one(self) -> None:
        """Store the oldest batch, wherever it is; when there is none, tell of the spool's use and go straight."""
        waiting = None if self._direct else self._spool.peek()
        if waiting is not None:
            self._since = self._since or waiting.spooled_at
            self._store(waiting.batch)
            self._spool.consume()
            with self._changed:
                self._drained += len(waiting.batch)
                self._settled += len(waiting.batch) if waiting.ours else 0
                self._episode += 0 if waiting.ours else len(waiting.batch)
                self._changed.notify_all()
        elif self._handed:
            with self._changed:
                batch = self._handed[0] if self._handed else None
            if batch is not None:
                self._store(batch)
                self._settle(batch)
        else:
            self._tell()
            with self._changed:
                if self._spool.is_empty() and not self._handed:
                    self._direct, self._since, self._episode = True, 0, 0
                    self._room()
                    self._changed.notify_all()

    def _settle(self, batch: Prepared) -> None:
        with self._changed:
            # Not there any more: it took so long that it moved to the spool, and will count when it comes from there.
            if self._handed and self._handed[0] is batch:
                self._handed.popleft()
                self._settled += len(batch)
            self._changed.notify_all()

    def _tell(self) -> None:
        """Put the event into the log that says that the spool was used."""
        before = self._before
        if (self._episode or before) and self._owed is None:
            now = time.time_ns() // 1000
            if before is not None:
                self._since = min(self._since or before.since, before.since)
            term = self._own.make(
                SPOOL_USED,
                now,
                Harmony_Since=self._since or now,
                Harmony_Until=now,
                Harmony_Events=self._episode,
                Harmony_Reason=self._reason,
                Harmony_Damaged_Bytes=sum(damage.bytes for damage in self._spool.damages),
                Harmony_Lost_Events=before.events if before else 0,
            )
            self._owed = Preparer().prepare([Incoming(self._node, term, now)])
        if self._owed is not None:
            self._store(self._owed)
            self._owed, self._episode = None, 0
            if before is not None:
                self._spool.note_lost(Lost(0, 0, 0))
                self._before = None

    def _store(self, batch: Prepared) -> None:
        if self._log is None:
            self._log = EventLog(self._dsn)
        try:
            stored = self._log.append_prepared(batch)
        except LogRefused as error:
            self._store_singly(self._log, batch, error)
        else:
            self._stored += stored
            self._duplicates += len(batch.rows) - stored
            self._parked += len(batch.parked)

    def _store_singly(self, log: EventLog, batch: Prepared, error: LogError) -> None:
        """Find the row that the database will not have, and park it alone."""
        if len(batch.rows) > 1:
            half = len(batch.rows) // 2
            self._store(Prepared(batch.rows[:half], batch.parked))
            self._store(Prepared(batch.rows[half:], []))
        elif batch.rows:
            log.append_prepared(Prepared([], [*batch.parked, _refused(batch.rows[0], error)]))
            self._parked += len(batch.parked) + 1
        else:
            raise error

    # With the lock held

    def _divert(self, reason: str) -> None:
        """From now on by way of the spool."""
        self._trouble = reason
        if self._direct:
            self._direct = False
            self._reason = reason
            self._since = time.time_ns() // 1000

    def _moved(self) -> bool:
        """Spool what was handed over, if the database is away; say whether nothing is left there."""
        while self._handed and not self._direct:
            if self._giving_up:
                self._keep_what_fits(self._handed.popleft())
                continue
            if not self._spooled_away(self._handed[0]):
                return False
            self._handed.popleft()
        return not self._handed

    def _spooled_away(self, batch: Prepared) -> bool:
        try:
            self._spool.append(batch)
        except SpoolError as error:
            self._full = str(error)
            self._say(f"{error} Until then nothing more is read from the switches, and nothing is lost.")
            return False
        self._room()
        self._spooled += len(batch)
        self._episode += len(batch)
        return True

    def _room(self) -> None:
        if self._full is not None:
            self._full, self._said = None, 0.0
            LOG.warning("There is room for events again: the switches are read again")

    def _keep_what_fits(self, batch: Prepared) -> None:
        """At the end: keep the beginning of a batch, as much as the disk takes, and count the rest as lost."""
        if self._no_room:  # what is newer than the first that is lost is not kept either: no hole in the middle
            self._lost += len(batch)
        elif not self._spooled_away(batch):
            if len(batch) <= 1:
                self._no_room = True
                self._lost += len(batch)
                return
            first, second = _halves(batch)
            self._keep_what_fits(first)
            self._keep_what_fits(second)


def _halves(batch: Prepared) -> tuple[Prepared, Prepared]:
    if len(batch.rows) > 1:
        half = len(batch.rows) // 2
        return Prepared(batch.rows[:half], []), Prepared(batch.rows[half:], batch.parked)
    if batch.rows:
        return Prepared(batch.rows, []), Prepared([], batch.parked)
    half = len(batch.parked) // 2
    return Prepared([], batch.parked[:half]), Prepared([], batch.parked[half:])


def _refused(row: Row, error: LogError) -> Parked:
    return Parked(row.switch, time.time_ns() // 1000, error.code, str(error), 0, decoder().decode(row.state))
