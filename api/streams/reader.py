"""One subscription: a position, and what to hand to the transport next. Belongs to the event loop; holds no events.

The transport asks `next` and sends what it gets; while it sends, `sending` is set, so that one whose peer does not read
is found and ended.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, Protocol

from api.streams.channel import Channel
from api.streams.pieces import AWAY, DROPPED, Closed, Entry, Mark, MarkKind
from api.streams.source import PAGE, Gone, Page, Source
from core.errors import HarmonyError


class Home(Protocol):
    """The hub that made a reader, as the reader sees it."""

    head: int
    delivered: int

    @property
    def source(self) -> Source: ...

    async def read(self, after: int, wanted: Any, limit: int) -> Page: ...

    def leave(self, reader: Reader) -> None: ...


class Reader:
    """Made by `Hub.join`; `leave` it when done."""

    def __init__(self, hub: Home, channel: Channel, transport: str, position: int) -> None:
        self.channel = channel
        self.transport = transport
        self.position = position
        """all that matches up to here has been taken"""
        self.live = False
        """whether all that there is has been taken once since the reader fell behind"""
        self._hub = hub
        self._before = position
        self._woken: asyncio.Future[None] | None = None
        self._end: tuple[int, str] | None = None
        self._sending: float | None = None
        self._task: asyncio.Task[object] | None = None
        # Those who came together need not be told together that nothing has come.
        self._heard = time.monotonic() - random.uniform(0, 5)
        self._beat = False
        self._busy = False
        """whether it has not waited for anything since it was asked last"""

    @property
    def cursor(self) -> str:
        return self._hub.source.cursor(self.position)

    @property
    def behind(self) -> bool:
        """Whether it reads from the database."""
        return self.position < self.channel.known_from

    async def next(self, most: int = PAGE, wait: bool = True) -> list[Entry] | Mark:
        """The next events, or a mark; without `wait` no events when there are none now. Raises `Closed`."""
        self._before = self.position
        if self._busy:
            await asyncio.sleep(0)  # the others' turn
        self._busy = True
        while True:
            if self._end is not None:
                raise Closed(*self._end)
            if self.behind:
                if self.live:
                    self.live = False
                    return self._mark("fell-behind")
                entries = await self._from_database(most)
            else:
                entries = self.channel.behind(self.position, most)
                self.position = entries[-1].position if entries else max(self.position, self._hub.head)
            if entries:
                return entries
            if self.behind:
                if self.silent(time.monotonic(), 1.0):
                    return self._mark("checkpoint")
                continue
            if not self.live:
                self.live = True
                return self._mark("caught-up")
            if not wait:
                return []
            if self._beat:
                return self._mark("checkpoint")
            await self._wait()

    async def _from_database(self, most: int) -> list[Entry]:
        try:
            page = await self._hub.read(self.position, self.channel.wanted, most)
        except Gone:
            raise Closed(*DROPPED) from None
        except HarmonyError as problem:
            raise Closed(*AWAY) from problem
        self.position = max(self.position, page.reached)
        return page.entries

    async def _wait(self) -> None:
        self._busy = False
        self._woken = asyncio.get_running_loop().create_future()
        try:
            await self._woken
        finally:
            self._woken = None

    def wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def close(self, code: int, reason: str) -> None:
        """End it: `next` raises `Closed`; a sending that does not get through is broken off."""
        if self._end is None:
            self._end = (code, reason)
            self.wake()
            if self._sending is not None and self._task is not None:
                self._task.cancel()

    def begin_anew(self) -> None:
        """Read next what is read by one who knows nothing."""
        self.position, self.live = -1, False

    def leave(self) -> None:
        self._hub.leave(self)

    # Around each sending

    def __enter__(self) -> None:
        if self._task is None:
            self._task = asyncio.current_task()
        self._sending = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._heard, self._sending, self._beat = time.monotonic(), None, False
        if kind is asyncio.CancelledError and self._end is not None and self._task is not None:
            self._task.uncancel()
            self.position = self._before  # the client may not have got it
            raise Closed(*self._end)

    def stuck(self, now: float, patience: float) -> bool:
        """Whether something that was sent does not get through."""
        return self._sending is not None and now - self._sending > patience

    def silent(self, now: float, beat: float) -> bool:
        """Whether nothing was sent for so long that a word is due."""
        due = self._sending is None and now - self._heard > beat
        self._beat = self._beat or due
        return due

    def sent(self, count: int) -> None:
        """Note that events have been handed to the peer."""
        self._hub.delivered += count

    def _mark(self, kind: MarkKind) -> Mark:
        self._beat = False
        return Mark(kind, self.cursor)

    def closed(self, problem: Closed) -> Mark:
        """The last mark."""
        return Mark("closed", self.cursor, problem.reason)
