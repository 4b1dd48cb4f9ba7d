"""All subscriptions of a process: both logs and the board, the threads of those who are behind, one clock for all."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api.errors import Unavailable
from api.streams.board import Viewer
from api.streams.calls_source import READERS
from api.streams.hub import KEPT, Hub
from api.streams.live_source import LiveSource
from api.streams.pieces import STOPPING
from api.streams.reader import Reader
from api.streams.source import Gone, Page
from api.streams.sources import open_source
from api.streams.subscription import Start, Subscription
from core.cursor import LogName
from core.following.tasks import follow
from core.registry.snapshot import EMPTY, Registry

PATIENCE = 20.0
"""seconds that a sending may take until the reader is disconnected"""
BEAT = 5.0
"""seconds without a word until a checkpoint is sent"""
TICK = 0.25
TRANSPORTS = ("sse", "ws", "pull")
KEPT_RAW = 2000
"""raw switch events are some ten times as big as published ones"""
KEPT_LIVE = 1000
"""changes of the board; who falls behind them gets the board anew"""
PULSE = 2.0
"""seconds without a word on the board until one is due"""


class Streams:
    """Made with the application; `keep` runs as long as it does. Everything on one event loop."""

    def __init__(
        self,
        dsn: str,
        patience: float = PATIENCE,
        beat: float = BEAT,
        kept: int = KEPT,
        registry: Callable[[], Registry] = lambda: EMPTY,
    ) -> None:
        self._dsn = dsn
        self._patience = patience
        self._beat = beat
        self._kept = kept
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="streams")
        self._hubs: dict[LogName, Hub] = {}
        self.board = LiveSource(dsn, registry)
        self._live = Hub(self.board, self._threads, KEPT_LIVE, beat=PULSE, resting=False)
        self._ended = False

    async def keep(self) -> None:
        """Look after all readers for ever. Cancel it to end."""
        self._live.begin()
        await follow("streams", self._tick, TICK)

    async def _tick(self) -> None:
        for hub in self._all():
            hub.tick(time.monotonic(), self._patience, self._beat)

    def _all(self) -> list[Hub]:
        return [self._live, *self._hubs.values()]

    async def look(self, viewer: Viewer) -> Reader:
        """A reader of the board of live calls: first all of it, then what changes."""
        self._running()
        return await self._live.join("live", viewer, -1)

    @property
    def lookers(self) -> int:
        """Readers of the board; from any thread."""
        return self._live.count

    async def subscribe(self, transport: str, subscription: Subscription) -> Reader:
        """A reader of what is asked for, from where it is asked for. Raises `BadCursor`, `Gone`, `LogAway`."""
        hub = await self._hub(subscription.log)
        after = await self._after(hub, subscription.start)
        wanted = await hub.in_thread(hub.source.resolved, subscription.filter)
        return await hub.join(transport, wanted, after)

    async def read(self, subscription: Subscription) -> tuple[Page, bool]:
        """One page from the database, and whether that is all there was."""
        hub = await self._hub(subscription.log)
        head = await hub.in_thread(hub.source.head)
        after = await self._after(hub, subscription.start)
        wanted = await hub.in_thread(hub.source.resolved, subscription.filter)
        page = await hub.in_thread(hub.source.read, head if after is None else after, wanted, head, subscription.limit)
        hub.delivered += len(page.entries)
        return page, page.reached >= head

    def cursor(self, log: LogName, position: int) -> str:
        return self._hubs[log].source.cursor(position)

    def stop(self) -> None:
        """End all streams with a word; those who come now are refused."""
        self._ended = True
        for hub in self._all():
            hub.stop(*STOPPING)

    async def stopped(self, patience: float = 1.0) -> None:
        """Wait until the readers have been told and are gone."""
        deadline = time.monotonic() + patience
        while any(hub.readers for hub in self._all()) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def close(self) -> None:
        """Let go of threads and connections, after `stop`; blocks."""
        self._threads.shutdown(cancel_futures=True)
        for hub in self._all():
            hub.source.close()

    def stats(self) -> dict[str, dict[str, int] | int]:
        """Readers by transport, how many of them are behind, events sent, readers ended. From any thread."""
        readers = [reader for hub in list(self._hubs.values()) for reader in hub.readers]
        return {
            "subscribers": dict.fromkeys(TRANSPORTS, 0) | Counter(reader.transport for reader in readers),
            "behind": sum(not reader.live for reader in readers),
            "delivered": sum(hub.delivered for hub in list(self._hubs.values())),
            "disconnected_slow": sum(hub.slow for hub in self._all()),
        }

    def _running(self) -> None:
        if self._ended:
            raise Unavailable("The server is stopping: connect again in a moment.")

    async def _hub(self, log: LogName) -> Hub:
        self._running()
        if log not in self._hubs:
            source = await asyncio.get_running_loop().run_in_executor(self._threads, open_source, self._dsn, log)
            if log in self._hubs:  # somebody else was quicker
                source.close()
            else:
                self._hubs[log] = Hub(source, self._threads, self._kept if log == "calls" else KEPT_RAW)
        return self._hubs[log]

    async def _after(self, hub: Hub, start: Start) -> int | None:
        """The position to begin behind; None: the head as it is when the reader joins."""
        match start.kind:
            case "now":
                return None
            case "beginning":
                return await hub.in_thread(hub.source.floor)
            case "time":
                at = await hub.in_thread(hub.source.position_at, start.instant)
                return max(at, await hub.in_thread(hub.source.floor))
            case "cursor":
                after, floor = hub.source.position(start.cursor), await hub.in_thread(hub.source.floor)
                if after < floor:
                    raise Gone(hub.source.cursor(floor))
                return after
