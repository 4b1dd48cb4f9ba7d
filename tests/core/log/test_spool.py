"""The spool keeps batches in order over crashes; a torn tail is tolerated, and told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.log import spool as module
from core.log.prepare import Prepared, Preparer
from core.log.spool import Spool, SpoolError, SpoolFull
from tests.core.made import incoming, numbered

pytestmark = pytest.mark.pure


def batch(start: int, count: int = 3) -> Prepared:
    return Preparer().prepare(incoming(numbered(count, start)))


def drained(spool: Spool, most: int = 2000) -> list[int]:
    """Take everything out; return the sequences."""
    found = []
    while (waiting := spool.peek(most)) is not None:
        found += [row.sequence for row in waiting.batch.rows]
        spool.consume()
    return found


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A spool of an earlier process with 5 batches of 3."""
    spool = Spool(tmp_path / "spool")
    for start in range(1, 16, 3):
        spool.append(batch(start))
    spool.close()
    return tmp_path / "spool"


def segments(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.spool"))


def test_batches_come_out_in_order_and_nothing_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.is_empty()
    assert spool.peek() is None
    spool.append(batch(1))
    spool.append(batch(4))
    assert not spool.is_empty()
    assert drained(spool) == [1, 2, 3, 4, 5, 6]
    assert spool.is_empty()
    assert segments(tmp_path) == []
    spool.append(batch(7))
    assert drained(spool) == [7, 8, 9]
    spool.close()


def test_it_can_be_filled_while_it_is_drained(tmp_path: Path) -> None:
    spool, found = Spool(tmp_path), []
    for start in range(1, 30, 3):
        spool.append(batch(start))
        if start % 2:
            waiting = spool.peek(1)
            assert waiting is not None
            found += [row.sequence for row in waiting.batch.rows]
            spool.consume()
    assert found + drained(spool) == list(range(1, 31))
    spool.close()


def test_a_batch_comes_back_whole(tmp_path: Path) -> None:
    spool, one = Spool(tmp_path), Preparer().prepare(incoming([*numbered(2), b"\x83nonsense"]))
    spool.append(one)
    waiting = spool.peek()
    assert waiting is not None
    assert waiting.batch == one
    assert len(waiting.batch.parked) == 1
    spool.close()


def test_an_earlier_process_left_something(filled: Path) -> None:
    spool = Spool(filled)
    assert not spool.is_empty()
    spool.append(batch(16))
    waiting = spool.peek()
    assert waiting is not None
    assert not waiting.ours, "not written by this process"
    assert drained(spool) == list(range(1, 19))
    spool.close()


def test_segments_roll_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT", 1000)
    spool = Spool(tmp_path)
    for start in range(1, 31, 3):
        spool.append(batch(start))
    assert len(segments(tmp_path)) > 3
    assert spool.bytes == sum(path.stat().st_size for path in segments(tmp_path))
    assert drained(spool) == list(range(1, 31))
    assert segments(tmp_path) == []
    assert spool.bytes == 0
    spool.close()


def test_many_small_batches_come_out_together(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for start in range(1, 31, 3):
        spool.append(batch(start))
    waiting = spool.peek(10)
    assert waiting is not None
    assert [row.sequence for row in waiting.batch.rows] == list(range(1, 13))
    assert spool.peek(10) is waiting, "until it is consumed"
    assert drained(spool, 10) == list(range(1, 31))
    spool.close()


def test_what_is_peeked_is_on_disk_until_it_is_consumed(filled: Path) -> None:
    (segment,) = segments(filled)
    segment.write_bytes(segment.read_bytes()[:-5])
    spool = Spool(filled)
    waiting = spool.peek()
    assert waiting is not None
    assert len(waiting.batch.rows) == 12
    assert segment.exists(), "its torn tail is no reason to let go of the rest"
    spool.close()
    again = Spool(filled)
    assert drained(again) == list(range(1, 13))
    assert not segment.exists()
    assert again.damages
    again.close()


@pytest.mark.parametrize("most", [1, 2000])
def test_every_torn_tail_is_tolerated_and_told(filled: Path, most: int) -> None:
    (segment,) = segments(filled)
    data = segment.read_bytes()
    last = len(data) - (len(data) - 16) // 5
    for size in range(last + 1, len(data), 37):
        segment.write_bytes(data[:size])
        spool = Spool(filled)
        assert drained(spool, most) == list(range(1, 13))
        (damage,) = spool.damages
        assert damage.torn
        assert damage.bytes == size - damage.offset
        spool.close()
        for path in filled.glob("*.damaged"):
            assert path.read_bytes() == data[:size]
            path.unlink()


def test_damage_in_the_middle_is_set_aside_and_told(filled: Path) -> None:
    (segment,) = segments(filled)
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    spool = Spool(filled)
    found = drained(spool)
    assert found == list(range(1, len(found) + 1))
    assert 3 <= len(found) < 15
    (damage,) = spool.damages
    assert not damage.torn
    (aside,) = filled.glob("*.damaged")
    assert aside.read_bytes() == bytes(data)
    spool.append(batch(16))
    assert drained(spool) == [16, 17, 18]
    spool.close()


def test_a_foreign_segment_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "00000001.spool").write_bytes(b"what is this?")
    spool = Spool(tmp_path)
    assert drained(spool) == []
    assert [damage.offset for damage in spool.damages] == [0]
    spool.close()


def test_its_limit(tmp_path: Path) -> None:
    one = batch(1)
    spool = Spool(tmp_path, limit=3000)
    while spool.bytes + 1000 < 3000:
        spool.append(one)
    with pytest.raises(SpoolFull, match="its limit"):
        spool.append(batch(1, 30))
    kept = spool.bytes
    assert kept <= 3000
    assert drained(spool)
    spool.append(one)
    assert drained(spool) == [1, 2, 3]
    spool.close()


def test_a_full_disk_leaves_no_half_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    spool.append(batch(1))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        with pytest.raises(SpoolFull, match="No space left"):
            spool.append(batch(4))
    spool.append(batch(7))
    assert drained(spool) == [1, 2, 3, 7, 8, 9]
    assert spool.damages == []
    spool.close()


def test_two_processes_do_not_share_one(filled: Path) -> None:
    spool = Spool(filled)
    with pytest.raises(SpoolError, match="Another process uses the spool"):
        Spool(filled)
    spool.close()
    Spool(filled).close()


def test_what_was_appended_survives_kill_9(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from core.log.spool import Spool
from tests.core.log.test_spool import batch
spool = Spool(Path({str(tmp_path)!r}))
for start in range(1, 100_000, 3):
    spool.append(batch(start))
    print(start + 2, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        promised = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
    spool = Spool(tmp_path)
    found = drained(spool)
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= promised[-1]
    spool.close()
