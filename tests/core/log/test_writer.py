"""The writer loses nothing and keeps the order, whatever the database does; it says when the reader must pause."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from core.log import EventLog, LogWriter
from core.log.prepare import Preparer
from core.log.spool import Spool
from core.migrate import migrate
from core.own_event import LINK_UP
from core.postgres import Embedded
from tests.core.made import SWITCH, capture, event, incoming, numbered

pytestmark = pytest.mark.database

AWAY = "host=/nowhere/at/all dbname=x"


def until(true: Callable[[], bool], patience: float = 30) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., LogWriter]]:
    """Start a writer; it is stopped at the end."""
    started: list[LogWriter] = []

    def begin(dsn: str, **options: int) -> LogWriter:
        writer = LogWriter(dsn, tmp_path / "spool", node="harmony@test", **options)  # type: ignore[arg-type]
        writer.start()
        started.append(writer)
        return writer

    yield begin
    for writer in started:
        writer.stop(5)


def switch_events(log: EventLog) -> list[int]:
    """Return the sequences of all events but our own, by position."""
    return [one.sequence for one in log.read(0, 1_000_000) if not one.topic.startswith("CUSTOM harmony::")]


def test_what_is_put_is_stored_in_order(start: Callable[..., LogWriter], dsn: str, log: EventLog) -> None:
    writer = start(dsn, batch=100)
    terms = capture("10-")
    for term in terms:
        writer.put(SWITCH, term)
    assert writer.flush(20)
    assert [one.term for one in log.read(0, 1000)] == list(terms)
    stats = writer.stats()
    assert (stats.received, stats.stored, stats.duplicates, stats.dropped) == (len(terms), len(terms), 0, 0)
    assert (stats.queued, stats.spooled, stats.spool_bytes, stats.direct, stats.trouble) == (0, 0, 0, True, None)
    for term in terms[:10]:
        writer.put(SWITCH, term)
    assert writer.flush(20)
    assert writer.stats().duplicates == 10
    assert log.head() >= len(terms)
    assert len(log.read(0, 1000)) == len(terms)


def test_stopping_stores_what_waits(start: Callable[..., LogWriter], dsn: str, log: EventLog) -> None:
    writer = start(dsn)
    for term in numbered(3000):
        writer.put(SWITCH, term)
    assert writer.stop(30)
    assert switch_events(log) == list(range(1, 3001))


def test_own_events_and_parked_ones(start: Callable[..., LogWriter], dsn: str, log: EventLog) -> None:
    writer = start(dsn)
    writer.put_own(LINK_UP, Harmony_Switch=SWITCH)
    writer.put(SWITCH, b"\x83d\x00\x02ok")
    assert writer.flush(20)
    until(lambda: log.head() >= 2)
    up, parked = log.read(0, 10)
    assert up.topic == "CUSTOM harmony::link_up"
    assert parked.topic == "CUSTOM harmony::parked"
    assert parked.get("Harmony-Switch") == SWITCH
    assert parked.get("Harmony-Code") == "event.foreign"
    assert writer.stats().parked == 1


def test_without_a_database_events_wait_on_disk_for_the_next_process(
    start: Callable[..., LogWriter], dsn: str, log: EventLog
) -> None:
    writer = start(AWAY, batch=50)
    for term in numbered(500):
        writer.put(SWITCH, term)
    until(lambda: writer.stats().spooled == 500)
    stats = writer.stats()
    assert not stats.direct
    assert stats.stored == 0
    assert stats.trouble is not None
    assert "away" in stats.trouble
    assert not writer.flush(0.05)
    assert not writer.pressure()
    assert writer.stop(10)
    again = start(dsn)
    for term in numbered(100, 501):
        again.put(SWITCH, term)
    assert again.flush(20)
    until(lambda: again.stats().direct)
    assert switch_events(log) == list(range(1, 601))
    # Once, or twice where events came while the spool was not empty yet.
    used = log.read(0, 1000, ["CUSTOM harmony::spool_used"])
    assert sum(int(event.get("Harmony-Events") or 0) for event in used) >= 500
    assert all(int(one.get("Harmony-Since") or 0) <= int(one.get("Harmony-Until") or 0) for one in used)
    assert used[0].get("Harmony-Reason") == "left over from an earlier process"
    assert again.stats().spool_bytes == 0


def test_pressure_when_the_spool_is_full_and_nothing_is_lost(
    start: Callable[..., LogWriter], new_database: Callable[[], str], tmp_path: Path
) -> None:
    dsn = new_database()  # without tables: as good as away, until somebody migrates
    writer = start(dsn, batch=20, queue=200, spool_limit=20_000)
    number = 0
    deadline = time.monotonic() + 30
    while writer.stats().queued < 200:  # a full spool is pressure before the queue is full
        number += 1
        writer.put(SWITCH, numbered(1, number)[0])
        assert time.monotonic() < deadline
        if number % 50 == 0:
            time.sleep(0.01)
    assert writer.pressure(), "it stays until half the queue is gone"
    migrate(dsn)
    assert writer.flush(30)
    assert not writer.pressure()
    with EventLog(dsn) as log:
        assert switch_events(log) == list(range(1, number + 1))


def test_a_database_that_hangs_does_not_stop_the_stream(
    start: Callable[..., LogWriter], dsn: str, log: EventLog
) -> None:
    writer = start(dsn, batch=50)
    for term in numbered(100):
        writer.put(SWITCH, term)
    assert writer.flush(20)
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK TABLE log.switch_event IN ACCESS EXCLUSIVE MODE")
        for term in numbered(1000, 101):
            writer.put(SWITCH, term)
        until(lambda: writer.stats().spooled >= 900)
        assert not writer.stats().direct
    assert writer.flush(30)
    assert switch_events(log) == list(range(1, 1101))
    until(lambda: writer.stats().direct)
    assert len(log.read(0, 10, ["CUSTOM harmony::spool_used"])) == 1


def test_a_row_that_the_database_refuses_is_parked_alone(
    start: Callable[..., LogWriter], dsn: str, log: EventLog
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "ALTER TABLE log.switch_event ADD CHECK (originator_version & ((1::bigint << 40) - 1) NOT IN (13, 60))"
        )
    writer = start(dsn)
    for term in numbered(100):
        writer.put(SWITCH, term)
    assert writer.flush(20)
    assert switch_events(log) == [number for number in range(1, 101) if number not in (13, 60)]
    assert writer.stats().parked == 2
    with psycopg.connect(dsn) as connection:
        parked = connection.execute("SELECT content FROM log.parked_event WHERE code = 'log.refused'").fetchall()
    assert {bytes(row[0]) for row in parked} == {numbered(1, 13)[0], numbered(1, 60)[0]}


def test_kill_9_of_the_database_in_the_middle_of_a_stream(tmp_path: Path, postgres_bin: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="hpg-") as directory:
        server = Embedded(Path(directory), programs=postgres_bin)
        server.start(watch=True)
        try:
            migrate(server.dsn)
            writer = LogWriter(server.dsn, tmp_path / "spool", batch=100)
            writer.start()
            kills, number, deadline = 0, 0, time.monotonic() + 4
            while kills < 3 or time.monotonic() < deadline:
                for term in numbered(20, number + 1):
                    writer.put(SWITCH, term)
                number += 20
                time.sleep(0.01)
                pid = server.cluster.pid()
                if kills < 3 and number >= 1000 * (kills + 1) and pid is not None and writer.stats().stored:
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
            assert writer.flush(60)
            assert writer.stop(10)
            assert server.restarts >= 1
            with EventLog(server.dsn) as log:
                assert switch_events(log) == list(range(1, number + 1))
                assert log.read(0, 100, ["CUSTOM harmony::spool_used"])
        finally:
            server.stop()


def test_kill_9_of_the_writer_s_process_loses_nothing_that_was_spooled(tmp_path: Path, dsn: str, log: EventLog) -> None:
    code = f"""
import itertools, time
from pathlib import Path
from core.log import LogWriter
from tests.core.made import SWITCH, numbered
writer = LogWriter({AWAY!r}, Path({str(tmp_path / "spool")!r}), batch=20)
writer.start()
for number in itertools.count(1):
    writer.put(SWITCH, numbered(1, number)[0])
    if number % 20 == 0:
        print(writer.stats().spooled, flush=True)
        time.sleep(0.001)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        promised = 0
        while promised < 500:
            promised = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    writer = LogWriter(dsn, tmp_path / "spool")
    writer.start()
    until(lambda: writer.stats().direct)
    writer.stop(10)
    found = switch_events(log)
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= promised


def test_a_damaged_spool_is_told_in_the_log(tmp_path: Path, dsn: str, log: EventLog) -> None:
    spool = Spool(tmp_path / "spool")
    for start_ in (1, 11):
        spool.append(Preparer().prepare(incoming(numbered(10, start_))))
    spool.close()
    (segment,) = (tmp_path / "spool").glob("*.spool")
    segment.write_bytes(segment.read_bytes()[:-5])
    writer = LogWriter(dsn, tmp_path / "spool")
    writer.start()
    until(lambda: writer.stats().direct)
    assert writer.stats().spool_damages == 1
    writer.stop(10)
    assert switch_events(log) == list(range(1, 11))
    (used,) = log.read(0, 100, ["CUSTOM harmony::spool_used"])
    assert int(used.get("Harmony-Damaged-Bytes") or 0) > 0


def test_put_never_waits(start: Callable[..., LogWriter]) -> None:
    writer = start(AWAY, queue=100)
    slowest = 0.0
    for _ in range(5000):
        begin = time.perf_counter()
        writer.put(SWITCH, event(1))
        slowest = max(slowest, time.perf_counter() - begin)
    assert slowest < 1.0
    assert writer.stats().received == 5000


def test_several_threads_may_read_the_figures(start: Callable[..., LogWriter], dsn: str) -> None:
    writer = start(dsn)
    ended = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not ended.is_set():
            seen.append(writer.stats().stored)

    thread = threading.Thread(target=look)
    thread.start()
    for term in numbered(2000):
        writer.put(SWITCH, term)
    assert writer.flush(20)
    ended.set()
    thread.join()
    assert seen == sorted(seen)
