"""The bridge from the wire to the log: verbatim, once, in order, and with a database that is killed under it."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.process.service import BridgeService, run
from bridge.session.memory import recall
from core.event import SwitchEvent
from core.headers import header
from core.log import EventLog, Incoming
from core.migrate import migrate
from core.postgres import Embedded
from core.settings import Peer, Settings
from tests.fix_switch import StartBridge, StartSwitch, events_of, eventually

pytestmark = pytest.mark.erlang
LEG = "11111111-1111-4111-8111-111111111111"


def everything(dsn: str) -> list[SwitchEvent]:
    with EventLog(dsn) as log:
        return log.read(0, 10_000_000)


async def flushed(service: BridgeService, patience: float = 60.0) -> None:
    assert await asyncio.to_thread(service.writer.flush, patience)


@pytest.mark.parametrize(
    ("scenario", "encoding"),
    [
        ("13-attended-transfer-by-callee", "string"),
        ("13b-binary-attended-transfer", "binary"),
        ("45b-binary-hostile", "binary"),
    ],
)
async def test_over_the_wire_is_stored_what_an_import_stores(
    scenario: str,
    encoding: str,
    new_database: Callable[[], str],
    start_switch: StartSwitch,
    start_bridge: StartBridge,
    unpacked: Callable[[str], Path],
) -> None:
    wire, imported = new_database(), new_database()
    for dsn in (wire, imported):
        migrate(dsn)
    switch = await start_switch("freeswitch@127.0.0.1", "--encoding", encoding)
    service = await start_bridge(wire, switch.name)
    wanted = events_of(scenario)
    await switch.tell(f"play {unpacked(scenario)}", "played")
    await eventually(lambda: service.stats().events >= len(wanted))
    await flushed(service)
    with EventLog(imported) as log:
        log.append([Incoming(switch.name, term, 0) for term in wanted])
    cores = {header(term, b"Core-UUID") for term in wanted}
    stored = [event for event in everything(wire) if header(event.term, b"Core-UUID") in cores]
    expected = everything(imported)
    assert [(event.stream, event.topic, event.term) for event in stored] == [
        (event.stream, event.topic, event.term) for event in expected
    ]
    assert {event.switch for event in stored} == {switch.name}


async def test_two_switches_into_one_log(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge, unpacked: Callable[[str], Path]
) -> None:
    switches = [await start_switch(name) for name in ("fs-one@127.0.0.1", "fs-two@127.0.0.1")]
    service = await start_bridge(dsn, *(switch.name for switch in switches))
    capture = unpacked("03-no-answer")
    await asyncio.gather(*(switch.tell(f"flood {capture} 3000 3000", "flooded") for switch in switches))
    await flushed(service)
    await eventually(lambda: all(link.switch.events >= 3000 for link in service.stats().links))
    await flushed(service)
    stored = everything(dsn)
    for switch in switches:
        assert in_order(stored, switch.core) >= 3000


def in_order(events: list[SwitchEvent], core: str) -> int:
    """Return how many events of a core there are; their sequences rise with their positions, and none comes twice."""
    sequences = [event.sequence for event in events if header(event.term, b"Core-UUID") == core.encode()]
    assert sequences == sorted(set(sequences))
    return len(sequences)


async def test_a_fresh_start_closes_what_ended_meanwhile(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    """The log remembers the legs; the first reconciliation of another process closes those that are gone."""
    switch = await start_switch()
    with EventLog(dsn) as log:
        term = events_of("01-answered-caller-hangs-up")[2:40]
        log.append([Incoming(switch.name, event, 0) for event in term])
        remembered = recall(log, [switch.name])[switch.name]
    assert len(remembered.legs) == 2
    service = await start_bridge(dsn, switch.name)
    await flushed(service)
    stored = everything(dsn)
    gone = {event.leg for event in stored if event.topic == "CUSTOM harmony::channel_gone"}
    assert gone == remembered.legs
    (up,) = (event for event in stored if event.topic == "CUSTOM harmony::link_up")
    assert up.get("Harmony-Old-Core-UUID") == remembered.core_uuid
    assert up.get("Harmony-Since") == str(remembered.last_heard)


async def test_figures(dsn: str, start_switch: StartSwitch, start_bridge: StartBridge) -> None:
    switch = await start_switch()
    service = await start_bridge(dsn, switch.name)
    await switch.tell(f"event CHANNEL_CREATE - {LEG} variable_session_id=1", "fired")
    await eventually(lambda: service.stats().links[0].switch.legs == 1)
    await flushed(service)
    stats = service.stats()
    assert stats.stored == stats.writer.received > stats.events > 0
    assert (stats.queued, stats.spool_bytes, stats.missing, stats.pressure) == (0, 0, 0, False)
    assert stats.links[0].switch.state == "up"


@pytest.fixture
def own_postgres(postgres_bin: Path | None) -> Iterator[Embedded]:
    """A server of the test's own, which it may kill: with fsync, since that is the point."""
    with tempfile.TemporaryDirectory(prefix="hpg-") as directory:
        server = Embedded(Path(directory), programs=postgres_bin)
        migrate(server.start(watch=False))
        try:
            yield server
        finally:
            server.stop()


async def test_database_killed_under_a_stream(
    own_postgres: Embedded, start_switch: StartSwitch, start_bridge: StartBridge, unpacked: Callable[[str], Path]
) -> None:
    """2,000 events/s, the database is killed and stays away for 5 s: nothing lost, nothing twice, order kept."""
    switch = await start_switch()
    service = await start_bridge(own_postgres.dsn, switch.name)
    seconds, rate = int(os.environ.get("HARMONY_TEST_KILL_SECONDS", "5")), 2000
    count = (seconds + 3) * rate
    await switch.tell(f"flood {unpacked('01-answered-caller-hangs-up')} {count} {rate}", "flooding")
    await eventually(lambda: service.stats().stored > rate // 2)
    await kill(own_postgres)
    back_at = min(service.stats().events + seconds * rate, count - rate)  # a slow machine kills it late
    await eventually(lambda: service.stats().events >= back_at, patience=seconds * 3 + 20)
    assert service.stats().writer.spooled > 0
    await asyncio.to_thread(own_postgres.cluster.start)
    await switch.heard("flooded", patience=60)
    await eventually(lambda: service.stats().events >= count)
    await flushed(service)
    assert lost(await switch.tell("stats", "stats")) == 0
    stored = everything(own_postgres.dsn)
    flood = [
        event for event in stored if event.get("Event-Calling-File") != "cnode.c" and event.sequence >= 1_000_000_000
    ]
    assert in_order(flood, switch.core) == count
    await eventually(lambda: told_of_the_spool(own_postgres.dsn))


def told_of_the_spool(dsn: str) -> bool:
    """The writer says so behind everything that was in the spool."""
    with EventLog(dsn) as log:
        return bool(log.read(0, 1, {"CUSTOM harmony::spool_used"}))


async def kill(server: Embedded) -> None:
    """Kill the postmaster as the kernel would when memory is short, and wait until it is gone."""
    pid = server.cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: server.cluster.pid() is None)


def lost(line: str) -> int:
    return int(line.rpartition("lost=")[2])


async def test_a_node_without_a_cookie_is_told_at_the_start(
    dsn: str, epmd_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ERL_EPMD_PORT", str(epmd_port))
    settings = Settings(data=tmp_path, node="shut@127.0.0.1", peers=(Peer("ops@127.0.0.1"), Peer("dev@127.0.0.1", "d")))
    stop = threading.Event()
    await asyncio.to_thread(run, settings, dsn, stop, started=lambda _: stop.set())
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told == [
        "There is no cookie for ops@127.0.0.1: set one; until then there is no link to it, and it is not let in"
    ]
