"""What `harmony bridge` runs: the node, one supervisor a configured switch, the log writer behind them all, and who
carries commands out.

Everything on one event loop but the writer, which has its threads. The figures may be asked for from any thread.
Where the database lives, signals and reports are the caller's.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bridge.control.executor import Executor
from bridge.node import Node
from bridge.node.door import Turned
from bridge.process.own_switches import OwnSwitches
from bridge.process.supervisor import Supervisor
from bridge.process.wishes import Wishes, WishStats
from bridge.session.memory import recall
from bridge.session.session import Remembered, SwitchSession, SwitchStats
from core.commands.store import CommandStore
from core.errors import LogError
from core.following.tasks import kept
from core.log import EventLog, LogWriter, WriterStats
from core.registry.live import LiveRegistry, RegistryState
from core.registry.sources import source_of
from core.settings import Settings, Switch

LOG: Final = logging.getLogger("harmony.bridge")
_LOOK: Final = 0.5  # seconds between two looks at what came
_FLUSH: Final = 20.0  # seconds for what waits to reach the database, or the spool, at the end


class LinkStats(msgspec.Struct, frozen=True):
    """One switch, with how long nothing at all came from it, ticks included."""

    switch: SwitchStats
    silent: float
    """seconds; a quarter of the tick time is usual on a quiet link"""


class BridgeStats(msgspec.Struct, frozen=True):
    """One moment of the bridge, for metrics."""

    node: str
    events: int
    stored: int
    queued: int
    spool_bytes: int
    missing: int
    """events that the switches said they dropped"""
    pressure: bool
    lag: float
    """seconds that the event loop was late in its last look"""
    links: tuple[LinkStats, ...]
    writer: WriterStats
    registry: RegistryState | None = None
    """None: there is no registry, the switches have their own files"""
    turned: Turned = Turned()
    """who wanted to join and may not, and what was sent in another node's name"""
    wishes: WishStats | None = None
    """of users by feature codes; None where there is no registry to change"""


class BridgeService:
    """The node and its switches. `run` until the event is set; `stats` at any time, from any thread."""

    def __init__(
        self,
        node: Node,
        switches: Sequence[Switch],
        writer: LogWriter,
        *,
        encoding: str | None = None,
        remembered: Mapping[str, Remembered] | None = None,
        commands: CommandStore | None = None,
        registry: LiveRegistry | None = None,
        keep_users: int = 0,
        wishes: Wishes | None = None,
    ) -> None:
        """``commands``: from where commands are taken; None: this bridge takes none. ``registry``: what the switches'
        fetches are answered from; None: they are left to their own files.
        ``keep_users``: minutes for which they may keep a user."""
        before = remembered or {}
        self.node = node
        self.writer = writer
        self.sessions = [
            SwitchSession(
                node,
                switch.node,
                writer.put,
                cookie=switch.cookie or None,
                own=writer.own,
                pressure=writer.pressure,
                remembered=before.get(switch.node),
                encoding=encoding,
                registry=None if registry is None else lambda: registry.current,
                keep=keep_users,
            )
            for switch in switches
        ]
        self._executor = Executor(self.sessions, commands) if commands is not None else None
        self._registry = registry
        self._wishes = wishes
        self._lag = 0.0
        self._came: dict[str, tuple[int, float]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set; raise `NodeError` when the node cannot start."""
        await self.node.start()
        for session in self.sessions:
            session.announce_unended()
        supervised = [
            kept(asyncio.create_task(Supervisor(session).run(), name=f"session with {session.switch}"))
            for session in self.sessions
        ]
        watching = kept(asyncio.create_task(self._watch(), name="bridge watch"))
        executing = None
        if self._executor is not None:
            executing = kept(asyncio.create_task(self._executor.run(), name="commands"))
        try:
            await stop.wait()
        finally:
            if executing is not None:  # while the links still stand: an answer may be on its way
                executing.cancel()
                await asyncio.gather(executing, return_exceptions=True)
            tasks = [watching, *supervised]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.node.stop()

    def stats(self) -> BridgeStats:
        """Return this moment's figures."""
        links = [session.stats() for session in self.sessions]
        writer = self.writer.stats()
        now = time.monotonic()
        absent = self._registry is not None and self._registry.absent
        return BridgeStats(
            node=str(self.node.name),
            events=sum(link.events for link in links),
            stored=writer.stored,
            queued=writer.queued,
            spool_bytes=writer.spool_bytes,
            missing=sum(link.missing for link in links),
            pressure=self.writer.pressure(),
            lag=self._lag,
            links=tuple(LinkStats(link, now - self._came.get(link.switch, (0, now))[1]) for link in links),
            writer=writer,
            turned=self.node.door.turned(),
            registry=None if absent or self._registry is None else self._registry.state,
            wishes=None if absent or self._wishes is None else self._wishes.stats,
        )

    async def _watch(self) -> None:
        """Note when bytes last came from each switch, and whether the loop keeps up."""
        while True:
            due = time.monotonic() + _LOOK
            await asyncio.sleep(_LOOK)
            now = time.monotonic()
            self._lag = max(0.0, now - due)
            for link in (session.stats() for session in self.sessions):
                if self._came.get(link.switch, (-1, 0.0))[0] != link.bytes:
                    self._came[link.switch] = (link.bytes, now)


def run(
    settings: Settings,
    dsn: str,
    stop: threading.Event,
    *,
    started: Callable[[BridgeService], None] | None = None,
    spool: Path | None = None,
    last_report: int | None = None,
) -> None:
    """Run the bridge of these settings until ``stop`` is set; then bring what waits to safety.

    ``started`` gets the service once it runs (on the loop's thread). ``last_report``: when a bridge of our name last
    said that it ran, µs since the epoch. Raises `BridgeError` or `LogError`.
    """
    writer = LogWriter(
        dsn,
        spool or settings.data / "spool" / "bridge",
        node=settings.node,
        batch=settings.batch,
        queue=settings.queue,
        spool_limit=settings.spool_limit,
        dtmf=settings.dtmf,
    )
    names = [switch.node for switch in settings.switches]
    registry = LiveRegistry(source_of(settings), settings.data)
    wishes = Wishes(dsn, registry, names)
    registry.listen(OwnSwitches(writer.put_own).tell)
    writer.start()
    registry.start()
    wishes.start()
    try:
        asyncio.run(
            _serve(
                settings, dsn, writer, _recall(dsn, names, settings.node, last_report), registry, wishes, stop, started
            )
        )
    finally:
        wishes.stop()
        registry.stop()
        if not writer.stop(_FLUSH):
            LOG.error("What waited could not all be brought to safety within %g s", _FLUSH)


async def _serve(
    settings: Settings,
    dsn: str,
    writer: LogWriter,
    remembered: Mapping[str, Remembered],
    registry: LiveRegistry,
    wishes: Wishes,
    stop: threading.Event,
    started: Callable[[BridgeService], None] | None,
) -> None:
    cookies = settings.cookies()
    for name in settings.without_cookie():
        LOG.error("There is no cookie for %s: set one; until then there is no link to it, and it is not let in", name)
    node = Node(
        settings.node,
        settings.cookie,
        ticktime=settings.ticktime,
        cookies=cookies,
        admit=cookies,
        address=settings.erlang_host,
    )
    service = BridgeService(
        node,
        settings.switches,
        writer,
        encoding=settings.encoding,
        remembered=remembered,
        commands=CommandStore(dsn, dtmf=settings.dtmf, bridge=settings.node),
        registry=registry,
        keep_users=settings.switch_keeps_users,
        wishes=wishes,
    )
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    waiting = threading.Thread(target=_wait, args=(stop, loop, ending), name="bridge-stop", daemon=True)
    waiting.start()
    if started is not None:
        started(service)
    await service.run(ending)


def _wait(stop: threading.Event, loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    stop.wait()
    if not loop.is_closed():
        loop.call_soon_threadsafe(ending.set)


def _recall(dsn: str, switches: Sequence[str], node: str, last_report: int | None) -> dict[str, Remembered]:
    """Look back into the log; without it the bridge starts all the same, and spools."""
    try:
        with EventLog(dsn) as log:
            return recall(log, switches, node=node, last_report=last_report)
    except LogError as error:
        LOG.warning("What was known of the switches could not be read: %s", error)
        return {}
