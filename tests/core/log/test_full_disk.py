"""A full disk is back-pressure: what was promised is there, what waits is stored later, and what is lost is told."""

from __future__ import annotations

import errno
import logging
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from core.log import EventLog, LogWriter
from core.log.prepare import Incoming, Preparer
from core.log.spool import Spool, SpoolFull
from core.migrate import migrate
from tests.core.log.test_spool import batch, drained, segments
from tests.core.log.test_writer import AWAY, switch_events, until
from tests.core.made import SWITCH, incoming, numbered
from tests.fix_disk import fill

pytestmark = pytest.mark.database


def put_away(writer: LogWriter, number: int) -> None:
    """Wait until so many events are spooled, or there is no room for them."""
    until(lambda: writer.stats().blocked or writer.stats().spooled >= number)


def test_what_was_promised_is_there_and_a_torn_frame_is_not(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(64 << 10)
    spool = Spool(disk / "spool")
    promised, number = 0, 1
    refused = 0
    while refused < 20:
        try:
            spool.append(batch(number, 40))
        except SpoolFull:
            refused += 1
        else:
            promised = number + 39
            number += 40
    assert promised
    assert spool.bytes == sum(path.stat().st_size for path in segments(disk / "spool"))
    spool.close()
    again = Spool(disk / "spool")
    assert drained(again) == list(range(1, promised + 1))
    assert again.damages == []
    again.append(batch(number))
    assert drained(again) == [number, number + 1, number + 2]
    again.close()


def test_a_disk_without_room_for_a_segment_s_first_bytes(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(64 << 10)
    spool = Spool(disk / "spool")
    ballast = fill(disk)
    for _ in range(50):
        with pytest.raises(SpoolFull, match="make room"):
            spool.append(batch(1))
    assert segments(disk / "spool") == []
    assert spool.is_empty()
    assert spool.peek() is None
    ballast.unlink()
    spool.append(batch(1))
    assert drained(spool) == [1, 2, 3]
    spool.close()


def test_files_are_their_owner_s_alone(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir(mode=0o755)
    (tmp_path / "spool").chmod(0o755)
    spool = Spool(tmp_path / "spool")
    spool.append(batch(1))
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    for path in (tmp_path / "spool").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    spool.close()


def test_damage_is_set_aside_on_a_full_disk(small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(128 << 10)
    spool = Spool(disk / "spool")
    for number in (1, 41, 81):
        spool.append(batch(number, 40))
    spool.close()
    (segment,) = segments(disk / "spool")
    with open(segment, "r+b") as file:
        file.seek(segment.stat().st_size - 100)
        file.write(b"damage")
    fill(disk)
    again = Spool(disk / "spool")
    assert drained(again) == list(range(1, 81))
    assert len(again.damages) == 1
    assert again.is_empty()
    again.close()


def test_every_accepted_event_is_stored_once_there_is_room(
    small_disk: Callable[[int], Path], new_database: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    disk = small_disk(256 << 10)
    dsn = new_database()  # without tables: as good as away, until somebody migrates
    writer = LogWriter(dsn, disk / "spool", batch=50, queue=100_000)
    ballast = fill(disk, leave=100 << 10)
    with caplog.at_level(logging.WARNING, "harmony.log"):
        writer.start()
        number = 0
        while not writer.pressure():
            for term in numbered(50, number + 1):
                writer.put(SWITCH, term)
            number += 50
            put_away(writer, number)
        stats = writer.stats()
        assert stats.blocked
        assert "No space left" in (stats.trouble or "")
        assert stats.spooled
        assert stats.spooled < number
        ballast.unlink()
        until(lambda: not writer.stats().blocked and writer.stats().spooled == number)
        assert not writer.pressure()
        migrate(dsn)
        assert writer.flush(60)
        assert writer.stop(30)
    assert writer.stats().dropped == 0
    assert writer.stats().spool_damages == 0
    with EventLog(dsn) as log:
        assert switch_events(log) == list(range(1, number + 1))
    said = [record.getMessage() for record in caplog.records if record.name == "harmony.log"]
    assert len(said) == 2, said
    assert "make room" in said[0]
    assert "room for events again" in said[1]


def test_the_database_comes_back_while_the_disk_is_full(
    small_disk: Callable[[int], Path], new_database: Callable[[], str]
) -> None:
    disk, dsn = small_disk(128 << 10), new_database()
    writer = LogWriter(dsn, disk / "spool", batch=20)
    fill(disk, leave=48 << 10)
    writer.start()
    number = 0
    while not writer.pressure():
        for term in numbered(100, number + 1):
            writer.put(SWITCH, term)
        number += 100
        put_away(writer, number)
    migrate(dsn)
    assert writer.flush(60)
    until(lambda: writer.stats().direct and not writer.stats().blocked)
    assert writer.stop(30)
    with EventLog(dsn) as log:
        assert switch_events(log) == list(range(1, number + 1))


def test_what_cannot_be_kept_at_the_end_is_counted_and_told(
    small_disk: Callable[[int], Path], dsn: str, log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    disk = small_disk(128 << 10)
    writer = LogWriter(AWAY, disk / "spool", batch=500)
    ballast = fill(disk, leave=40 << 10)
    writer.start()
    for term in numbered(5000):
        writer.put(SWITCH, term)
    until(lambda: writer.stats().blocked)
    before = writer.stats().spooled
    assert not writer.stop(4)
    stats = writer.stats()
    assert stats.spooled > before, "there was room for a part of a batch"
    assert stats.dropped
    assert stats.spooled + stats.dropped == 5000
    told = f"{stats.dropped} events are lost"
    assert any(told in record.getMessage() for record in caplog.records)
    ballast.unlink()
    again = LogWriter(dsn, disk / "spool")
    again.start()
    until(lambda: bool(log.read(0, 1, ["CUSTOM harmony::spool_used"])))
    assert again.stop(30)
    assert switch_events(log) == list(range(1, stats.spooled + 1))
    (used,) = log.read(0, 10, ["CUSTOM harmony::spool_used"])
    assert used.get("Harmony-Lost-Events") == str(stats.dropped)
    third = Spool(disk / "spool")
    assert third.lost() is None, "it is told once"
    third.close()


def test_an_error_of_the_disk_does_not_end_the_committer(
    tmp_path: Path, dsn: str, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(batch(1))
    spool.close()
    left = [OSError(errno.EIO, "Input/output error"), RuntimeError("what nobody foresaw")] * 2
    peek = Spool.peek

    def failing(self: Spool, most: int = 2000) -> object:
        if left:
            raise left.pop()
        return peek(self, most)

    monkeypatch.setattr(Spool, "peek", failing)
    writer = LogWriter(dsn, tmp_path / "spool")
    writer.start()
    until(lambda: writer.stats().direct)
    assert writer.stop(30)
    assert switch_events(log) == [1, 2, 3]


def test_an_event_that_breaks_the_preparer_is_parked_alone(
    tmp_path: Path, dsn: str, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Preparer.prepare

    def poisoned(self: Preparer, some: list[Incoming]) -> object:
        if any(one.received_at == 13 for one in some):
            raise RecursionError("poison")
        return prepare(self, some)

    monkeypatch.setattr(Preparer, "prepare", poisoned)
    writer = LogWriter(dsn, tmp_path / "spool")
    for one in incoming(numbered(30)):
        writer.put(SWITCH, one.term, one.received_at)
    writer.put(SWITCH, numbered(1, 31)[0], 13)
    writer.put(SWITCH, numbered(1, 32)[0], 14)
    writer.start()
    assert writer.flush(60)
    assert writer.stop(30)
    assert switch_events(log) == [*range(1, 31), 32]
    assert writer.stats().parked == 1
