"""The one follower of a log in a process, and the hand-out of what it finds to the readers on the event loop.

A thread reads the log while there is anybody to read it for. What it finds goes to the loop a page at a time; each
event visits the channels that may want it, and their readers are woken. Memory holds the newest events, each once.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from api.streams.channel import Channel, Index
from api.streams.follower import SourceFollower
from api.streams.pieces import SLOW, Entry
from api.streams.reader import Reader
from api.streams.source import PAGE, Page, Source
from core.errors import LogAway

LOG = logging.getLogger("harmony.streams")
KEPT = 5000
"""newest events in memory"""
LINGER = 60.0
"""seconds that a channel stays without a reader, for those who come again and again"""
FIRST_LOOK = 5.0
"""seconds that a new reader waits for the follower to find the log"""
SHARED_PAGES = 16
"""readings of the database that those who come a little later still share"""
T = TypeVar("T")


class Hub:
    """Belongs to one event loop: all of it is called there, but for what the follower's thread hands over."""

    def __init__(
        self, source: Source, threads: Executor, kept: int = KEPT, beat: float | None = None, resting: bool = True
    ) -> None:
        """``beat``: seconds without a word until one is due, where they are others than those of `tick`.

        ``resting``: whether the follower ends when nobody reads.
        """
        self.source = source
        self._beat, self._resting = beat, resting
        self.head = 0
        """the last position that was handed out"""
        self.delivered = 0
        self.slow = 0
        self._threads = threads
        self._index = Index(source)
        self._readers: defaultdict[Channel, set[Reader]] = defaultdict(set)
        self._newest: deque[int] = deque(maxlen=kept)
        self._pages: OrderedDict[tuple[Any, int, int], asyncio.Future[Page]] = OrderedDict()
        self._follower: SourceFollower | None = None
        self._following = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._joining = 0

    @property
    def readers(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]

    @property
    def count(self) -> int:
        """How many readers there are; from any thread."""
        return sum(len(readers) for readers in list(self._readers.values()))

    async def join(self, transport: str, wanted: Any, after: int | None) -> Reader:
        """A reader of what matches behind a position; None: behind the present head. Raises `LogAway`."""
        self.begin()
        self._joining += 1
        try:
            async with asyncio.timeout(FIRST_LOOK):
                await self._following.wait()
        except TimeoutError:
            raise LogAway("The log cannot be followed just now: try again in a moment.") from None
        finally:
            self._joining -= 1
        channel = self._index.get(wanted, self.head)
        reader = Reader(self, channel, transport, self.head if after is None else after)
        self._readers[channel].add(reader)
        return reader

    def begin(self) -> None:
        """Have the log followed from now on, on this loop."""
        if self._follower is None:
            self._loop = asyncio.get_running_loop()
            begun, found = self._from_thread(self._begun), self._from_thread(self._hand_out)
            self._follower = SourceFollower(self.source, begun, found)
            self._follower.start()

    def leave(self, reader: Reader) -> None:
        self._readers[reader.channel].discard(reader)
        reader.channel.empty_since = time.monotonic()

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do what blocks in one of the few threads that all readers share."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def read(self, after: int, wanted: Any, limit: int = PAGE) -> Page:
        """What matches behind a position, from the database; readers who ask for the same at once share the answer."""
        key = (wanted, after, limit)
        page = self._pages.get(key)
        if page is None or not _of_use(page, limit):
            page = asyncio.ensure_future(self.in_thread(self.source.read, after, wanted, self.head, limit))
            page.add_done_callback(lambda done: done.cancelled() or done.exception())  # also when nobody waits any more
            self._pages[key] = page
            while len(self._pages) > SHARED_PAGES:
                self._pages.popitem(last=False)
        return await asyncio.shield(page)

    def tick(self, now: float, patience: float, beat: float) -> None:
        """Look after all: who takes too long, who has heard nothing for long, which channels nobody reads."""
        kept_from = self._newest[0] - 1 if len(self._newest) == self._newest.maxlen else 0
        for channel in self._index:
            channel.forget(kept_from)
            for reader in list(self._readers[channel]):
                if reader.stuck(now, patience):
                    self.slow += 1
                    LOG.info("a reader (%s) is disconnected: it reads too slowly", reader.transport)
                    reader.close(*SLOW)
                elif reader.silent(now, self._beat or beat):
                    reader.wake()
            if not self._readers[channel] and now - channel.empty_since > LINGER:
                self._index.remove(channel)
                del self._readers[channel]
        if self._resting and not len(self._index) and not self._joining:
            self._rest()

    def stop(self, code: int, reason: str) -> None:
        """End all readers, and the thread."""
        for reader in self.readers:
            reader.close(code, reason)
        self._rest()

    def _rest(self) -> None:
        """Nobody is there: nothing need be read."""
        if self._follower is not None:
            self._follower.finish()  # it may take as long as a look at the database
            self._follower = None
            self._following = asyncio.Event()
            self._newest.clear()

    def _from_thread(self, act: Callable[[Any], None]) -> Callable[[SourceFollower, Any], None]:
        """What the follower's thread calls, to have it done on the loop, unless it is the follower no more."""
        loop = self._loop
        assert loop is not None

        def do(follower: SourceFollower, given: Any) -> None:
            if follower is self._follower:
                act(given)

        def hand_over(follower: SourceFollower, given: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(do, follower, given)

        return hand_over

    def _begun(self, head: int) -> None:
        self.head = head
        self._following.set()

    def _hand_out(self, page: list[Entry]) -> None:
        touched: set[Channel] = set()
        for entry in page:
            for channel in self._takers(entry):
                channel.add(entry)
                touched.add(channel)
            self._newest.append(entry.position)
        self.head = page[-1].position
        kept_from = self._newest[0] - 1 if len(self._newest) == self._newest.maxlen else 0
        for channel in touched:
            channel.forget(kept_from)
            for reader in self._readers[channel]:
                reader.wake()

    def _takers(self, entry: Entry) -> list[Channel]:
        """The channels that want an event; none where that cannot be told: the others go on."""
        try:
            return self._index.takers(entry)
        except Exception as error:
            if self._follower is not None:
                what = f"Who wants the event at position {entry.position} of the log {self.source.log!r} cannot be told"
                self._follower.put_aside(what, error)
            return []


def _of_use(page: asyncio.Future[Page], limit: int) -> bool:
    """Whether an answer is still under way, or was full: what lies behind it does not change it."""
    if not page.done():
        return True
    return not page.cancelled() and page.exception() is None and len(page.result().entries) >= limit
