"""Capture files: gzipped or not; what is truncated or foreign is refused with the offset, after the good records."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capture import CaptureError, ForeignFile, Record, TruncatedCapture, read_capture, write_capture
from tests.core.made import CAPTURES, event

pytestmark = pytest.mark.pure

RECORDS = [(1_795_000_000_000_000 + number, event(number)) for number in range(1, 6)]


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "events.etf"
    assert write_capture(path, RECORDS) == 5
    return path


def _read(path: Path) -> tuple[list[Record], CaptureError | None]:
    records = []
    try:
        for record in read_capture(path):
            records.append(record)  # noqa: PERF402  (those before the error count)
    except CaptureError as error:
        return records, error
    return records, None


def test_what_was_written_is_read(plain: Path, tmp_path: Path) -> None:
    packed = tmp_path / "events.etf.gz"
    write_capture(packed, RECORDS)
    assert packed.read_bytes()[:2] == b"\x1f\x8b"
    assert list(read_capture(plain)) == list(read_capture(packed))
    assert [(record.received_at, record.term) for record in read_capture(plain)] == RECORDS


def test_a_recorded_file_is_read() -> None:
    records = list(read_capture(CAPTURES / "01-answered-caller-hangs-up" / "events.etf.gz"))
    assert len(records) == 89
    assert records[0].offset == 0
    assert records[1].offset == 12 + len(records[0].term)


def test_a_file_cut_anywhere_gives_its_whole_records_and_the_offset(plain: Path, tmp_path: Path) -> None:
    data = plain.read_bytes()
    ends = [0]
    for _, term in RECORDS:
        ends.append(ends[-1] + 12 + len(term))
    cut = tmp_path / "cut.etf"
    for size in range(1, len(data)):
        cut.write_bytes(data[:size])
        records, error = _read(cut)
        whole = max(number for number, end in enumerate(ends) if end <= size)
        assert len(records) == whole
        if size in ends:
            assert error is None
        elif whole == 0:
            assert isinstance(error, ForeignFile)
        else:
            assert isinstance(error, TruncatedCapture)
            assert error.offset == ends[whole]
            assert str(ends[whole]) in str(error)


def test_a_gzip_cut_short_gives_what_was_good(tmp_path: Path, plain: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(plain.read_bytes() * 50)[:-30])
    records, error = _read(path)
    assert isinstance(error, TruncatedCapture)
    assert error.offset == sum(12 + len(record.term) for record in records)


@pytest.mark.parametrize(
    "content", [b"BEGIN TRANSACTION;" * 10, b"\x1f\x8bnonsense", b"\0", struct.pack(">QI", 5, 4) + b"abcd"]
)
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    records, error = _read(path)
    assert records == []
    assert isinstance(error, ForeignFile)
    assert error.offset == 0
    assert str(path) in str(error)


def test_a_foreign_rest_is_refused_with_its_offset(plain: Path) -> None:
    good = plain.stat().st_size
    plain.write_bytes(plain.read_bytes() + b"\xff" * 100)
    records, error = _read(plain)
    assert len(records) == 5
    assert isinstance(error, ForeignFile)
    assert error.offset == good


def test_an_empty_file_is_no_gzip_file(tmp_path: Path) -> None:
    (path := tmp_path / "empty.etf.gz").touch()
    with pytest.raises(ForeignFile, match="is empty, which no gzip file is"):
        list(read_capture(path))


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert list(read_capture(path)) == []


@given(st.binary(max_size=200))
def test_any_bytes_give_records_or_the_one_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.etf"
    path.write_bytes(data)
    records, error = _read(path)
    used = sum(12 + len(record.term) for record in records)
    assert error.offset == used if error else used == len(data)
