"""The log writer: takes events as fast as they come and makes them durable, whatever the database does.

Three stages, each with a counter: a bounded queue in memory; the spool on disk when the database is away or too slow;
and `pressure`, upon which the reader of the switch's socket must pause. The order stays, and nothing is dropped while
the process lives; what neither the database nor the disk takes at its end is counted, and told by the next one.

Two threads: this one prepares batches (redact, identify, compress) and hands them over, or spools them; the other one,
`core.log.committer`, alone speaks with the database.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from core.errors import HarmonyError
from core.following import Follower, Session
from core.log.committer import Committer
from core.log.prepare import Incoming, Parked, Prepared, Preparer
from core.log.spool import Spool
from core.own_event import PARKED, OwnEvents

MOST_BYTES = 256 << 20
"""of events in the queue before there is pressure, however few they are"""
BATCH_BYTES = 16 << 20


class WriterStats(msgspec.Struct, frozen=True):
    """What the writer has done and what waits. All counts are of events, since the start of this process."""

    received: int
    stored: int
    duplicates: int
    spooled: int
    drained: int
    parked: int
    dropped: int
    """lost at the end, for neither the database nor the disk took them; 0 before that: there is no other way"""
    queued: int
    spool_bytes: int
    spool_damages: int
    direct: bool
    """whether events go to the database without a stay in the spool"""
    trouble: str | None
    """why the database, or the disk, does not take events just now"""
    blocked: bool = False
    """whether neither of them does: nothing is read from the switches until one does"""


class LogWriter(Follower):
    """Stores events in the background. ``put`` is called from one thread (the event loop), the rest from any."""

    def __init__(
        self,
        dsn: str,
        spool: Path,
        *,
        node: str = "harmony",
        batch: int = 2000,
        queue: int = 50_000,
        spool_limit: int = 20 << 30,
        dtmf: str = "keep",
    ) -> None:
        super().__init__("log-writer")
        self.node = node
        self.own = OwnEvents()
        """this process's source of own events; they are `put` as any other"""
        self._limit = queue
        self._batch = batch
        self._queue: deque[Incoming] = deque()
        self._lock = threading.Lock()
        self._in_hand: Prepared | None = None
        self._ending = False
        self._pressing = False
        self._received = 0
        self._bytes = 0
        self._preparer = Preparer(dtmf)
        self._committer = Committer(dsn, Spool(spool, spool_limit), self.own, node, self.ring)

    def put(self, switch: str, term: bytes, received_at: int | None = None) -> None:
        """Take one message of a switch (131 in front). Never blocks; `pressure` says when to stop calling."""
        incoming = Incoming(switch, term, received_at or time.time_ns() // 1000)
        with self._lock:
            self._queue.append(incoming)
            self._received += 1
            self._bytes += len(term)
        self.ring()

    def put_own(self, name: str, **headers: str | int) -> None:
        """Take an own event, happening now (see `core.own_event`)."""
        self.put(self.node, self.own.make(name, None, **headers))

    def pressure(self) -> bool:
        """Say whether the reader must pause. Once true, it stays so until half the queue is gone.

        Also while events can go nowhere: those that the switch still has are safer there than in our memory.
        """
        if self._committer.blocked:
            return True
        waiting, size = len(self._queue), self._bytes
        if self._pressing:
            self._pressing = waiting > self._limit // 2 or size > MOST_BYTES // 2
        else:
            self._pressing = waiting >= self._limit or size > MOST_BYTES
        return self._pressing

    def flush(self, timeout: float) -> bool:
        """Wait until all that was put so far is in the database; False when that took too long."""
        return self._committer.wait_for(self._received, timeout)

    def stop(self, timeout: float = 30.0) -> bool:
        """End: what waits goes to the database, or where that is away, into the spool.

        False when it took too long, or when there was no room: `WriterStats.dropped` says for how many.
        """
        self._ending = True
        self.ring()
        deadline = time.monotonic() + timeout
        if self.is_alive():
            self.join(timeout / 2)  # for room, or for the database to come back
        if self.is_alive():
            self._committer.give_up()
            self.join(timeout / 4)
        return not self.is_alive() and self._committer.stop(max(0.1, deadline - time.monotonic()))

    def stats(self) -> WriterStats:
        """Return the counters as they are now."""
        done = self._committer.counters()
        return WriterStats(received=self._received, queued=len(self._queue), **done)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Prepare and hand over until told to end."""
        if self._committer.ident is None:
            self._committer.start()
        yield Session(self._next, lambda: self.rest(1.0))

    def _next(self) -> bool:
        """Hand over one batch: the one that could not be handed over before, or the next."""
        if self._in_hand is None and (batch := self._take()):
            self._in_hand = self._prepare(batch)
            if self._in_hand.parked:
                self._tell_parked(self._in_hand.parked)
        self._committer.move()
        if self._in_hand is not None:
            self._committer.hand(self._in_hand, hurry=lambda: len(self._queue) > self._limit // 2)
            self._in_hand = None
            return True
        if self._ending:
            self._committer.no_more()
            self.finish()
        return False

    def _prepare(self, batch: list[Incoming]) -> Prepared:
        """Prepare a batch; whatever one event of it does to the preparer, the others go on and its bytes are kept."""
        try:
            return self._preparer.prepare(batch)
        except Exception as error:
            if len(batch) > 1:
                half = len(batch) // 2
                first, second = self._prepare(batch[:half]), self._prepare(batch[half:])
                return Prepared([*first.rows, *second.rows], [*first.parked, *second.parked])
            code = error.code if isinstance(error, HarmonyError) else "event.unforeseen"
            one = batch[0]
            reason = f"Preparing this event failed in a way that nobody foresaw: {type(error).__name__}."
            try:
                content = self._preparer.redacted(one.term)
            except Exception:
                content, reason = b"", f"{reason} Its {len(one.term)} bytes may hold secrets and are not kept."
            return Prepared([], [Parked(one.switch, one.received_at, code, reason, 0, content)])

    def _tell_parked(self, parked: list[Parked]) -> None:
        first = parked[0]
        self.put_own(
            PARKED,
            Harmony_Switch=first.switch,
            Harmony_Events=len(parked),
            Harmony_Code=first.code,
            Harmony_Reason=first.reason,
        )

    def _take(self) -> list[Incoming]:
        taken: list[Incoming] = []
        size = 0
        with self._lock:
            while self._queue and len(taken) < self._batch and size < BATCH_BYTES:
                taken.append(self._queue.popleft())
                size += len(taken[-1].term)
            self._bytes -= size
        return taken
