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
from projections.query import Delta, Mark, follow

LOG = logging.getLogger("harmony.http")
WAITING = 500
"""Changes that wait for one subscriber, at most."""
LONGEST_BACK_OFF = 5.0


class Change(msgspec.Struct, frozen=True):
    """One thing to tell: `call`, `ended`, `merged`; the position that it is true at; JSON; whose call it is."""

    kind: str
    position: int
    data: bytes
    tenant: str | None


END = Change("end", 0, b"", None)
"""In a queue: there will be nothing more."""


class Subscriber:
    """One reader's queue. `None` in it means: start again with a snapshot."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tenant: str | None) -> None:
        self.loop = loop
        self.tenant = tenant
        """the company whose calls it sees; None: all"""
        self.queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def wants(self, change: Change) -> bool:
        return self.tenant is None or change is END or change.tenant == self.tenant

    def put(self, changes: list[Change] | None) -> None:
        """On the subscriber's loop."""
        if changes is None or self.queue.qsize() + len(changes) > WAITING:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)
            return
        for change in changes:
            self.queue.put_nowait(change)


class Feed(threading.Thread):
    """Start it once; `subscribe` and `snapshot` from any loop."""

    def __init__(self, dsn: str) -> None:
        super().__init__(name="live feed", daemon=True)
        self._dsn = dsn
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._live: dict[str, tuple[str | None, bytes]] = {}
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

    def snapshot(self, tenant: str | None) -> tuple[int, list[bytes]]:
        """The position and the documents of the live calls of a company (None: of all), oldest first."""
        with self._lock:
            return self._picture(tenant)

    def subscribe(self, tenant: str | None) -> tuple[Subscriber, int, list[bytes]]:
        """A subscriber with the snapshot that its changes follow on. Call it on the subscriber's loop."""
        subscriber = Subscriber(asyncio.get_running_loop(), tenant)
        with self._lock:
            self._subscribers.add(subscriber)
            return subscriber, *self._picture(tenant)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        with self._lock:
            self._subscribers.discard(subscriber)

    def _picture(self, tenant: str | None) -> tuple[int, list[bytes]]:
        mine = [document for of, document in self._live.values() if tenant is None or of == tenant]
        return (self._mark.position if self._mark else 0), mine

    def _take(self, delta: Delta) -> None:
        with self._lock:
            self._mark = delta.mark
            if delta.reset:
                self._live = {call.call_id: (call.tenant, call.document) for call in delta.calls}
                self._tell(None)
                return
            changes: list[Change] = []
            lost: set[str | None] = set()
            """companies out of whose picture a call has gone in a way that cannot be told without naming another's"""
            now = {call.call_id: call.tenant for call in delta.calls}
            for alias, call_id in delta.merged:
                was, _ = self._live.pop(alias, (None, b""))
                tenant = now.get(call_id, self._live.get(call_id, (was, b""))[0])
                if was != tenant:
                    lost.add(was)
                body = msgspec.json.encode({"alias": alias, "call_id": call_id})
                changes.append(Change("merged", delta.mark.position, body, tenant))
            for call in delta.calls:
                was, _ = self._live.pop(call.call_id, (call.tenant, b""))
                if was != call.tenant:
                    lost.add(was)
                if call.live:
                    self._live[call.call_id] = (call.tenant, call.document)
                changes.append(
                    Change("call" if call.live else "ended", delta.mark.position, call.document, call.tenant)
                )
            self._tell(changes, lost - {None})

    def _tell(self, changes: list[Change] | None, lost: Collection[str | None] = ()) -> None:
        for subscriber in list(self._subscribers):
            given = changes
            if subscriber.tenant in lost:
                given = None
            elif changes is not None and subscriber.tenant is not None:
                given = [change for change in changes if subscriber.wants(change)]
            if given == []:
                continue
            try:
                subscriber.loop.call_soon_threadsafe(subscriber.put, given)
            except RuntimeError:  # its loop has ended
                self._subscribers.discard(subscriber)
