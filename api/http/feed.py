"""Live changes of calls for all subscribers of this process: one thread follows the database, the rest is memory.

The thread keeps the live calls as they are, so that a new subscriber gets a snapshot at once and then what changes.
A subscriber that reads too slowly is not waited for: its queue is emptied and it gets a snapshot again.
"""

import asyncio
import logging
import threading
from collections.abc import Collection

import msgspec
import psycopg

from core.errors import HarmonyError
from core.reach import Reach
from projections.callflow.audience import audience_of
from projections.callflow.changes import Audience
from projections.query import Delta, Mark, follow

LOG = logging.getLogger("harmony.http")
WAITING = 500
"""Changes that wait for one subscriber, at most."""
LONGEST_BACK_OFF = 5.0


class Known:
    """A call as it is now: whose it is, its document, and whom it concerns, read off that when somebody asks."""

    __slots__ = ("_concerned", "document", "tenant")

    def __init__(self, tenant: str | None, document: bytes) -> None:
        self.tenant = tenant
        self.document = document
        self._concerned: Audience | None = None

    def seen_by(self, tenant: str | None, reach: Reach | None) -> bool:
        """Whether somebody who sees this much of a company (None: of all) sees the call."""
        if tenant is not None and self.tenant != tenant:
            return False
        if reach is None:
            return True
        if self._concerned is None:
            self._concerned = audience_of(self.document)
        return reach.sees(self._concerned.users, self._concerned.queues)


class Change(msgspec.Struct, frozen=True):
    """One thing to tell: `call`, `ended`, `merged`; the position that it is true at; JSON; the call it is about."""

    kind: str
    position: int
    data: bytes
    call: Known | None


NOBODYS = b'{"direction":"internal","from":{}}'
"""where a call is not known that another became part of"""
END = Change("end", 0, b"", None)
"""In a queue: there will be nothing more."""


class Subscriber:
    """One reader's queue. `None` in it means: start again with a snapshot."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tenant: str | None, reach: Reach | None = None) -> None:
        self.loop = loop
        self.tenant = tenant
        """the company whose calls it sees; None: all"""
        self.reach = reach
        """which of them; None: all"""
        self.queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def wants(self, change: Change) -> bool:
        return change.call is None or change.call.seen_by(self.tenant, self.reach)

    def put(self, changes: list[Change] | None) -> None:
        """On the subscriber's loop."""
        if changes is None or self.queue.qsize() + len(changes) > WAITING:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)
            return
        for change in changes:
            self.queue.put_nowait(change)


def _lost(subscriber: Subscriber, turned: Collection[tuple[Known, Known]]) -> bool:
    """Whether a call has gone out of the picture of one who does not see all of a company."""
    tenant, reach = subscriber.tenant, subscriber.reach
    return reach is not None and any(
        was.seen_by(tenant, reach) and not now.seen_by(tenant, reach) for was, now in turned
    )


class Feed(threading.Thread):
    """Start it once; `subscribe` and `snapshot` from any loop."""

    def __init__(self, dsn: str) -> None:
        super().__init__(name="live feed", daemon=True)
        self._dsn = dsn
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._live: dict[str, Known] = {}
        self._subscribers: set[Subscriber] = set()
        self.ready = threading.Event()
        """Set while the picture is one that was read from the database and is being followed."""

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    def run(self) -> None:
        delay = 0.1
        while not self._stop.is_set():
            try:
                for delta in follow(self._dsn, self._stop, self._mark):
                    delay = 0.1
                    self._take(delta)
                    self.ready.set()
            except (psycopg.Error, HarmonyError) as problem:
                self.ready.clear()
                LOG.warning("live calls are not followed now (%s); trying again in %.1f s", problem, delay)
                self._stop.wait(delay)
                delay = min(delay * 2, LONGEST_BACK_OFF)

    def stop(self) -> None:
        """End the thread and all streams."""
        self._stop.set()
        self._tell([END])

    def snapshot(self, tenant: str | None, reach: Reach | None = None) -> tuple[int, list[bytes]]:
        """The position and the documents of the live calls of a company (None: of all), oldest first."""
        with self._lock:
            return self._picture(tenant, reach)

    def subscribe(self, tenant: str | None, reach: Reach | None = None) -> tuple[Subscriber, int, list[bytes]]:
        """A subscriber with the snapshot that its changes follow on. Call it on the subscriber's loop."""
        subscriber = Subscriber(asyncio.get_running_loop(), tenant, reach)
        with self._lock:
            self._subscribers.add(subscriber)
            return subscriber, *self._picture(tenant, reach)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        with self._lock:
            self._subscribers.discard(subscriber)

    def _picture(self, tenant: str | None, reach: Reach | None) -> tuple[int, list[bytes]]:
        mine = [known.document for known in self._live.values() if known.seen_by(tenant, reach)]
        return (self._mark.position if self._mark else 0), mine

    def _take(self, delta: Delta) -> None:
        with self._lock:
            self._mark = delta.mark
            if delta.reset:
                self._live = {call.call_id: Known(call.tenant, call.document) for call in delta.calls}
                self._tell(None)
                return
            changes: list[Change] = []
            turned: list[tuple[Known, Known]] = []
            """calls as they were and are, which may have gone out of somebody's picture; it cannot be told to whom they
            went without naming another's"""
            now = {call.call_id: Known(call.tenant, call.document) for call in delta.calls}
            for alias, call_id in delta.merged:
                was = self._live.pop(alias, None)
                known = now.get(call_id) or self._live.get(call_id) or was
                if was is not None and known is not None and was is not known:
                    turned.append((was, known))
                body = msgspec.json.encode({"alias": alias, "call_id": call_id})
                changes.append(Change("merged", delta.mark.position, body, known or Known(None, NOBODYS)))
            for call in delta.calls:
                known = now[call.call_id]
                was = self._live.pop(call.call_id, None)
                if was is not None:
                    turned.append((was, known))
                if call.live:
                    self._live[call.call_id] = known
                changes.append(Change("call" if call.live else "ended", delta.mark.position, call.document, known))
            self._tell(changes, turned)

    def _tell(self, changes: list[Change] | None, turned: Collection[tuple[Known, Known]] = ()) -> None:
        moved = {was.tenant for was, now in turned if was.tenant != now.tenant} - {None}
        for subscriber in list(self._subscribers):
            given = changes
            if subscriber.tenant in moved or _lost(subscriber, turned):
                given = None
            elif changes is not None and (subscriber.tenant is not None or subscriber.reach is not None):
                given = [change for change in changes if subscriber.wants(change)]
            if given == []:
                continue
            try:
                subscriber.loop.call_soon_threadsafe(subscriber.put, given)
            except RuntimeError:  # its loop has ended
                self._subscribers.discard(subscriber)
