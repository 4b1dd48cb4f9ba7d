"""How many events a second go from the wire into the database for good, with everything on one machine?

Why: this is the whole hot path at once: a C node on libei (FreeSWITCH's own library) floods as fast as it is read, the
session finds its way through the frames, the writer redacts, identifies and compresses, PostgreSQL syncs. The second
row is the same with the library's own recorder in the place of ours.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from eventsourcing.persistence import StoredEvent

from bench import servers, switch
from bench.report import Row, Table
from bridge.node import Node
from bridge.session.session import SwitchSession
from core.log import Incoming
from core.log.prepare import Preparer
from core.log.writer import LogWriter

EVENTS = 60_000
LIBRARY_EVENTS = 20_000
ROUNDS = 3
QUEUE = 50_000


def measure() -> Table:
    """Flood each way a few times."""
    ours = [asyncio.run(_ours()) for _ in range(ROUNDS)]
    library = [asyncio.run(_by_library()) for _ in range(ROUNDS)]
    rows = [Row("wire to durable, our log", ours), Row("wire to durable, the library's recorder", library)]
    about = f"floods of {EVENTS:,} events from a C node on this machine ({LIBRARY_EVENTS:,} for the library)"
    return Table("wire", about, rows, rows[1].name)


async def _ours() -> float:
    with servers.database() as dsn, TemporaryDirectory(prefix="harmony-bench-") as directory:
        writer = LogWriter(dsn, Path(directory) / "spool")
        writer.start()
        try:
            seconds = await _flood(EVENTS, writer.put, writer.pressure, lambda: writer.flush(1))
            _expect(dsn, "log.switch_event", EVENTS)
        finally:
            writer.stop()
    return EVENTS / seconds


async def _by_library() -> float:
    with servers.database() as dsn:
        writer = LibraryWriter(dsn)
        writer.start()
        try:
            seconds = await _flood(LIBRARY_EVENTS, writer.put, writer.pressure, writer.flush)
        finally:
            writer.stop()
        _expect(dsn, "library_events", LIBRARY_EVENTS)
    return LIBRARY_EVENTS / seconds


async def _flood(
    count: int, sink: Callable[[str, bytes], None], pressure: Callable[[], bool], flush: Callable[[], bool]
) -> float:
    """Seconds from the command to flood until all of it is durable."""
    port = switch.free_port()
    node = Node("harmony@127.0.0.1", switch.COOKIE, epmd_port=port)
    await node.start()
    try:
        async with switch.cnode(port) as peer:
            session = SwitchSession(node, switch.NAME, sink, pressure=pressure)
            running = asyncio.create_task(session.run())
            await asyncio.wait_for(session.joined.wait(), 30)
            before = session.stats().events
            peer.flood(count)
            await peer.said("flooding")
            begin = time.perf_counter()
            await peer.said("flooded")
            await asyncio.to_thread(_until, lambda: session.stats().events >= before + count)
            await asyncio.to_thread(_until, flush)
            seconds = time.perf_counter() - begin
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        await node.stop()
    return seconds


def _until(condition: Callable[[], bool], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"The events were not all there after {patience:g} s.")
        time.sleep(0.005)


def _expect(dsn: str, table: str, count: int) -> None:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    if row is None or row[0] < count:
        raise RuntimeError(f"Only {row and row[0]} of {count} events are in {table}.")


class LibraryWriter(threading.Thread):
    """What one would write with the library alone: a queue, a thread, ``insert_events`` in batches that do not hang."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self._recorder = servers.library_recorder(dsn)
        self._preparer = Preparer()
        self._queue: deque[Incoming] = deque()
        self._wake = threading.Event()
        self._ending = False
        self._put = self._stored = 0

    def put(self, switch_name: str, term: bytes) -> None:
        """Take one message."""
        self._queue.append(Incoming(switch_name, term, time.time_ns() // 1000))
        self._put += 1
        self._wake.set()

    def pressure(self) -> bool:
        """Say whether the reader must pause."""
        return len(self._queue) > QUEUE

    def flush(self) -> bool:
        """Say whether all is stored."""
        return self._stored >= self._put

    def stop(self) -> None:
        """End."""
        self._ending = True
        self._wake.set()
        self.join(30)
        self._recorder.datastore.close()

    def run(self) -> None:
        """Store batch after batch."""
        while not self._ending:
            batch = [self._queue.popleft() for _ in range(min(100, len(self._queue)))]
            if not batch:
                self._wake.wait(0.05)
                self._wake.clear()
                continue
            rows = self._preparer.prepare(batch).rows
            self._recorder.insert_events(
                [
                    StoredEvent(servers.stream_id(row), self._stored + number, row.topic, row.state)
                    for number, row in enumerate(rows)
                ]
            )
            self._stored += len(batch)
