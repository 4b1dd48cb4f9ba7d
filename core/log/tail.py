"""Following the log: one thread a process reads what is new, once, and everyone in the process takes it from memory.

NOTIFY is only a hint that hastens the next look; polling is the truth, so a lost notification costs a second and no
event. A subscription is a position, not a queue: who is slow, or begins in the past, reads from the database until he
is near the head again, and nobody's memory grows.
"""

from __future__ import annotations

import asyncio
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from itertools import islice
from types import TracebackType
from typing import Self

from core.errors import LogError
from core.event import SwitchEvent
from core.log.driver import connect, translated
from core.log.eventlog import EventLog
from core.log.insert import CHANNEL

PAGE = 1000
KEPT = 5000
"""newest events kept in memory for all subscriptions together (some 25 MB)"""
_AGAIN = 0.5  # seconds until the next attempt when the database is away


class Tailer(threading.Thread):
    """Follows the log of one database. Start it once a process; ask it for subscriptions from any thread."""

    def __init__(self, dsn: str, poll: float = 1.0) -> None:
        super().__init__(name="log-tailer", daemon=True)
        self._dsn = dsn
        self._poll = poll
        self._log = EventLog(dsn)
        self._changed = threading.Condition()
        self._recent: deque[SwitchEvent] = deque(maxlen=KEPT)
        self._listeners: set[Callable[[], object]] = set()
        self._ended = False
        self.head = self._log.head()
        """the last position seen"""
        self._known_from = self.head
        """events behind this position are in memory"""
        self.trouble: str | None = None
        """why the log cannot be followed just now"""

    def subscribe(self, after: int | None = None, topics: Collection[str] | None = None) -> Subscription:
        """Return a subscription to what is behind a position (None: behind the present head), of some topics or all."""
        return Subscription(self, self.head if after is None else after, topics)

    def wait(self, position: int, timeout: float) -> bool:
        """Wait until the position has been seen."""
        with self._changed:
            return self._changed.wait_for(lambda: self.head >= position or self._ended, timeout) and not self._ended

    def listen(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have ``callback`` called, in this thread, whenever there is something new; return how to end that."""
        with self._changed:
            self._listeners.add(callback)
        return lambda: self._listeners.discard(callback)

    def stop(self) -> None:
        """End; waiting subscriptions return."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self.is_alive():
            self.join(self._poll + 10)
        self._log.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self) -> None:
        """Follow until told to end (the thread's own business)."""
        while not self._ended:
            try:
                self._follow()
            except LogError as error:
                self.trouble = str(error)
                with self._changed:
                    self._changed.wait_for(lambda: self._ended, _AGAIN)

    def _follow(self) -> None:
        hints = connect(self._dsn, "harmony tail")
        try:
            with translated():
                hints.execute(f"LISTEN {CHANNEL}")
                while not self._ended:
                    more = self._look()
                    self.trouble = None
                    if not more:
                        for _ in hints.notifies(timeout=min(self._poll, 1.0), stop_after=1):
                            pass
        finally:
            hints.close()

    def _look(self) -> bool:
        """Read one page; say whether there may be more."""
        page = self._log.read(self.head, PAGE)
        if page:
            with self._changed:
                self._recent.extend(page)
                if len(self._recent) == KEPT:
                    self._known_from = max(self._known_from, self._recent[0].position - 1)
                self.head = page[-1].position
                self._changed.notify_all()
                listeners = list(self._listeners)
            for callback in listeners:
                callback()
        return len(page) == PAGE

    # For subscriptions

    def remembers(self, position: int) -> bool:
        """Say whether all events behind a position are in memory just now."""
        return position >= self._known_from

    def recall(self, after: int, limit: int) -> list[SwitchEvent] | None:
        """Return events behind a position from memory, None when they are not all there."""
        with self._changed:
            if not self.remembers(after):
                return None
            first = bisect_right(self._recent, after, key=lambda event: event.position)
            return list(islice(self._recent, first, first + limit))

    def reread(self, after: int, limit: int, topics: Collection[str] | None, upto: int) -> list[SwitchEvent]:
        """Return events behind a position, from the database."""
        return self._log.read(after, limit, topics, upto)


class Subscription:
    """One reader's place in the log. Not to be shared between threads."""

    def __init__(self, tailer: Tailer, after: int, topics: Collection[str] | None) -> None:
        self._tailer = tailer
        self.topics = None if topics is None else frozenset(topics)
        self.position = after
        """all events up to here have been taken (or are of other topics)"""

    @property
    def behind(self) -> bool:
        """Say whether `take` would have to ask the database, and so block."""
        return self.position < self._tailer.head and not self._tailer.remembers(self.position)

    def take(self, limit: int = PAGE) -> list[SwitchEvent]:
        """Return what is there now, in order; nothing when there is nothing."""
        head = self._tailer.head
        if self.position >= head:
            return []
        page = self._tailer.recall(self.position, limit)
        if page is None:
            page = self._tailer.reread(self.position, limit, self.topics, head)
            self.position = page[-1].position if len(page) >= limit else head
        elif page:
            self.position = page[-1].position
        return page if self.topics is None else [event for event in page if event.topic in self.topics]

    def next(self, timeout: float, limit: int = PAGE) -> list[SwitchEvent]:
        """Return what is new, waiting for it; nothing when there was nothing in time."""
        deadline = time.monotonic() + timeout
        while True:
            events = self.take(limit)
            if events or not self._tailer.wait(self.position + 1, deadline - time.monotonic()):
                return events

    async def pages(self, limit: int = PAGE) -> AsyncIterator[list[SwitchEvent]]:
        """Yield what is there and what comes, for ever, without blocking the event loop."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        end = self._tailer.listen(lambda: loop.call_soon_threadsafe(woken.set))
        try:
            while True:
                woken.clear()
                events = await asyncio.to_thread(self.take, limit) if self.behind else self.take(limit)
                if events:
                    yield events
                elif self.position >= self._tailer.head:
                    await woken.wait()
        finally:
            end()
