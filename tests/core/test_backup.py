"""The file of a backup: parts come back as they were, and whatever was changed, cut or added is found out."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.backup import BackupError, Reader, Writer
from core.backup.container import CHUNK

pytestmark = pytest.mark.pure

PARTS = {"file/a": b"alpha", "empty": b"", "table/log.x": b"\x00\xff" * CHUNK}


def written(path: Path) -> Path:
    with Writer(path) as backup:
        for name, data in PARTS.items():
            assert backup.add(name, [data[:10], data[10:]]) == len(data)
    return path


def test_parts_come_back_and_the_file_is_its_owners(tmp_path: Path) -> None:
    path = written(tmp_path / "one.backup")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found: dict[str, bytes] = {}
    reader = Reader(path)
    for name, piece in reader.parts():
        found[name] = found.get(name, b"") + piece
    assert found == PARTS
    assert reader.proven() == list(PARTS)
    assert len(reader.sha256) == 64
    with pytest.raises(BackupError, match="there already"):
        written(path)


def test_what_was_not_finished_leaves_no_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with Writer(tmp_path / "one.backup") as backup:
            backup.add("part", [b"some"])
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [b"", b" ", b"\r", b"\n\n"])
def test_the_last_byte_counts_too(tmp_path: Path, end: bytes) -> None:
    bad = tmp_path / "bad.backup"
    bad.write_bytes(written(tmp_path / "good.backup").read_bytes()[:-1] + end)
    with pytest.raises(BackupError, match="damaged"):
        Reader(bad).proven()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0), st.integers(1, 255), st.sampled_from(["change", "cut", "add", "repeat"]))
def test_all_damage_is_found(tmp_path: Path, at: int, by: int, how: str) -> None:
    path = tmp_path / "good.backup"
    data = (path if path.exists() else written(path)).read_bytes()
    at %= len(data)
    bad = {
        "change": data[:at] + bytes([data[at] ^ by]) + data[at + 1 :],
        "cut": data[:at],
        "add": data + bytes([by]),
        "repeat": data[:at] + data[at : at + by] + data[at:],
    }[how]
    other = tmp_path / "bad.backup"
    other.write_bytes(bad)
    with pytest.raises(BackupError, match=r"damaged|no backup"):
        Reader(other).proven()
