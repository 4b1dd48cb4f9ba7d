"""A file that is gone on with: what a full disk or a kill tore off is cut; the rest follows behind what is whole."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path
from uuid import UUID

import pytest

from api.errors import BadArgument
from api.replay.targets import File
from core.capture import packed, read_capture

pytestmark = pytest.mark.pure

ONE, TWO = packed(1, b"\x83a\x01"), packed(2, b"\x83a\x02")


def opened(path: Path, *, lines: bool) -> File:
    """Start and stop as a replay of no events does."""

    async def run() -> File:
        target = File(path, UUID(int=0), lines=lines, go_on=True)
        await target.start()
        await target.stop()
        return target

    return asyncio.run(run())


@pytest.mark.parametrize("torn", range(1, len(TWO)))
def test_a_torn_record_is_cut_off(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "one.etf"
    path.write_bytes(ONE + TWO[:torn])
    assert f"behind {torn} torn bytes" in opened(path, lines=False).where
    assert path.read_bytes() == ONE
    with path.open("ab") as file:
        file.write(TWO)
    assert [record.term for record in read_capture(path)] == [b"\x83a\x01", b"\x83a\x02"]


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "one.ndjson"
    path.write_bytes(b'{"a":1}\n{"a"')
    opened(path, lines=True)
    assert path.read_bytes() == b'{"a":1}\n'


@pytest.mark.parametrize("name", ["new.etf", "new.etf.gz", "new.ndjson"])
def test_a_new_file_is_its_owners_alone(tmp_path: Path, name: str) -> None:
    path, before = tmp_path / name, os.umask(0)
    try:
        opened(path, lines=name.endswith("ndjson"))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["whole.etf", "whole.etf.gz", "empty.etf"])
def test_what_is_whole_stays(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = b"" if "empty" in name else ONE + TWO
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert "torn" not in opened(path, lines=False).where
    assert (gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()) == data


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.etf.gz", gzip.compress(ONE)[:-3]), ("a.ndjson.gz", gzip.compress(b"{}\n")[:-3])],
    ids=["a", "b"],
)
def test_a_torn_gzip_stream_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadArgument, match="another name"):
        File(tmp_path / name, UUID(int=0), lines="ndjson" in name, go_on=True)
    assert (tmp_path / name).read_bytes() == data


def test_a_foreign_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear all,\nthis is no capture, and nobody may write behind it.\n")
    with pytest.raises(BadArgument, match="cannot be gone on with"):
        File(path, UUID(int=0), lines=False, go_on=True)
