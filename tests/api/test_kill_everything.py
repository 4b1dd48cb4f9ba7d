"""kill -9 of each part and of all, under load, at random instants: what was promised is there, once and in order.

Promised is what stood in the database or in the spool when the kill came. HARMONY_TEST_KILLS says how many kills there
are (4: the bridge, the database, the projection, and everything at once; 10 is the long form).
"""

import asyncio
import contextlib
import logging
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from core.log.spool import read_frames
from core.postgres import Embedded
from tests.api.conftest import Running, Site, until
from tests.fix_switch import COOKIE, StartSwitch
from tests.ports import free_port

pytestmark = pytest.mark.erlang

LOG = logging.getLogger("tests.kill")
KILLS = int(os.environ.get("HARMONY_TEST_KILLS", "4"))
RATE = 200
"""events a second"""
PATIENCE = 180.0
"""seconds; the machine may be slow, and crash recovery takes its time"""
ORDER = ("bridge", "postgres", "project", "everything", "serve", "run")
FLOODED = 1_000_000_000
"""the first sequence of a flood's events"""
MASK = (1 << 40) - 1
STORED = "SELECT originator_version & %s FROM log.switch_event WHERE originator_version & %s >= %s ORDER BY position"


class Machine:
    """Everything on one machine: `harmony run`, its parts and its database."""

    def __init__(self, data: Path, epmd_port: int) -> None:
        self.site = Site(data, None)
        self.site.env |= {
            "HARMONY_HTTP_PORT": str(free_port()),
            "HARMONY_SWITCHES": "freeswitch@127.0.0.1",
            "HARMONY_COOKIE": COOKIE,
            "HARMONY_NODE": "harmony@127.0.0.1",
            "ERL_EPMD_PORT": str(epmd_port),
        }
        self.running: Running = self.site.start("run")

    def pids(self) -> list[int]:
        """Every process of it."""
        mark = str(self.site.data).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                    if (
                        state not in "ZX"
                        and mark in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                    ):
                        found.append(int(entry.name))
        return found

    def victims(self, what: str) -> list[int]:
        """Return the processes of a part."""
        if what == "everything":
            return self.pids()
        if what == "postgres":
            pid = Embedded(self.site.data).cluster.pid()
            return [] if pid is None else [pid]
        mark = f"api.cli\0{what}\0".encode()
        return [pid for pid in self.pids() if mark in _command(pid)]

    def kill(self, what: str) -> None:
        """Kill a part, or everything."""
        for pid in until(lambda: self.victims(what), f"{what} runs", PATIENCE):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start_again(self, what: str) -> None:
        """Start all when the one that starts the others is gone; wait until nothing of the last life is left."""
        if what in ("everything", "run"):
            self.running.stop(signal.SIGKILL)
            until(lambda: not self.pids(), "nobody of the killed one is left", PATIENCE)
            self.running = self.site.start("run")

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection, as soon as there can be one."""
        dsn = Embedded(self.site.data).cluster.dsn()

        def connected() -> psycopg.Connection[Any] | None:
            with contextlib.suppress(psycopg.OperationalError):
                return psycopg.connect(dsn, autocommit=True, connect_timeout=5)
            return None

        with contextlib.closing(until(connected, "the database", PATIENCE)) as connection:
            yield connection

    def stored(self) -> list[int]:
        """Return the sequences of the load's events, by position; nothing while the database or its table is away."""
        with self.database() as connection:
            try:
                return [row[0] for row in connection.execute(STORED, [MASK, MASK, FLOODED])]
            except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
                return []

    def goes_on(self, when: str, count: int) -> None:
        """Wait until so many more events of the load are stored."""
        before = len(self.stored())
        until(lambda: len(self.stored()) > before + count, f"{count} more events {when}", PATIENCE)

    def spooled(self) -> set[int]:
        """Return the sequences in the spool, read as it stands while others write to it."""
        found: set[int] = set()
        for path in (self.site.data / "spool" / "bridge").glob("*.spool"):
            with contextlib.suppress(FileNotFoundError):
                found |= {row.sequence for frame in read_frames(path.read_bytes()) for row in frame.batch.rows}
        return {sequence for sequence in found if sequence >= FLOODED}


def _command(pid: int) -> bytes:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def machine(tmp_path: Path, epmd_port: int) -> Iterator[Machine]:
    one = Machine(tmp_path / "data", epmd_port)
    yield one
    if one.running.process.poll() is None:
        one.running.stop(signal.SIGKILL)
    for pid in one.pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def test_kill_9_of_everything_under_load(
    machine: Machine, start_switch: StartSwitch, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch()
    await switch.heard("subscribed", PATIENCE)
    chance = random.Random()
    seed = chance.randrange(1 << 32)
    LOG.warning("seed %d", seed)
    chance.seed(seed)
    await switch.tell(f"flood {unpacked('01-answered-caller-hangs-up')} 100000000 {RATE}", "flooding")
    promised: set[int] = set()
    for number in range(KILLS):
        what = ORDER[number % len(ORDER)]
        machine.goes_on(f"before kill {number + 1}", RATE // 4)
        await asyncio.sleep(chance.random())  # a random instant
        kept = set(machine.stored()) | machine.spooled()
        promised |= kept
        machine.kill(what)
        machine.start_again(what)
        LOG.warning("kill %d: %s, with %d events promised", number + 1, what, len(promised))
    machine.goes_on("after the last kill", RATE)
    await switch.close()
    until(lambda: not machine.spooled(), "the spool is empty", PATIENCE)
    address = f"http://127.0.0.1:{machine.site.env['HARMONY_HTTP_PORT']}/livez"

    def alive() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(address, timeout=20).status_code == 200
        return False

    until(alive, "HTTP", PATIENCE)
    assert machine.running.stop() == 0
    machine.site.ok("project", "--once")
    (*_, told) = machine.site.ok("rebuild", "calls", "--dry-run", "--json").lines
    assert (told["changed"], told["added"], told["gone"]) == (0, 0, 0), told
    assert told["calls"]
    with Embedded(machine.site.data):
        stored = machine.stored()
    assert promised <= set(stored), f"{len(promised - set(stored))} of {len(promised)} are lost"
    assert len(stored) == len(set(stored))
    assert stored == sorted(stored)
    LOG.warning("%d events stored, %d promised at kills, %s calls", len(stored), len(promised), told["calls"])
