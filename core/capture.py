"""The capture format: recorded messages, one record each, as tests/captures/README.md tells it.

A record is 8 bytes of unix time in microseconds, 4 bytes of length (both big-endian), and the message as an Erlang
term. A file may be gzipped. What the messages mean is not known here.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from core.durable import private
from core.errors import HarmonyError

_RECORD = struct.Struct(">QI")
_GZIP = b"\x1f\x8b"
_LONGEST = 256 << 20


class CaptureError(HarmonyError):
    """A file that is not, or not wholly, in the capture format; ``offset`` counts the unpacked bytes that were good."""

    code = "capture"

    def __init__(self, sentence: str, offset: int) -> None:
        super().__init__(sentence)
        self.offset = offset


class TruncatedCapture(CaptureError):
    """The file ends in the middle of a record."""

    code = "capture.truncated"


class ForeignFile(CaptureError):
    """The file holds something else."""

    code = "capture.foreign"


class Record(NamedTuple):
    """One recorded message."""

    received_at: int
    """µs since the epoch"""
    term: bytes
    offset: int
    """where the record begins in the unpacked file"""


def read_capture(path: Path | str) -> Iterator[Record]:
    """Yield the records of a capture file; raise `TruncatedCapture` or `ForeignFile` after the good ones."""
    with open(path, "rb") as plain:
        packed = plain.read(2) == _GZIP
        if plain.seek(0, 2) == 0 and str(path).endswith(".gz"):
            raise ForeignFile(f"{path} is empty, which no gzip file is, also of no events: copy it again.", 0)
        plain.seek(0)
        source = cast(IO[bytes], gzip.GzipFile(fileobj=plain)) if packed else plain
        yield from _records(source, str(path))


def _records(source: IO[bytes], name: str) -> Iterator[Record]:
    offset = 0
    while True:
        head = _read(source, _RECORD.size, name, offset)
        if not head:
            return
        if len(head) == _RECORD.size:
            received_at, length = _RECORD.unpack(head)
            if not 0 < length <= _LONGEST:
                raise _foreign(name, offset, f"a record of {length} bytes")
            term = _read(source, length, name, offset)
            if term and term[0] != 131:
                raise _foreign(name, offset, f"a message that begins with byte {term[0]} instead of 131")
            if len(term) == length:
                yield Record(received_at, term, offset)
                offset += _RECORD.size + length
                continue
        if offset == 0:
            raise _foreign(name, offset, "less than one whole record")
        raise TruncatedCapture(
            f"{name} ends in the middle of a record that begins at byte {offset}: "
            "what stands before it is good, the rest is missing; copy the file again if it should be longer.",
            offset,
        )


def _read(source: IO[bytes], size: int, name: str, offset: int) -> bytes:
    try:
        return source.read(size)
    except EOFError:
        raise TruncatedCapture(
            f"{name} ends in the middle of its gzip stream, after {offset} unpacked bytes of whole records: "
            "what stands before is good; copy the file again.",
            offset,
        ) from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise _foreign(name, offset, f"broken gzip data ({error})") from None


def _foreign(name: str, offset: int, what: str) -> ForeignFile:
    return ForeignFile(
        f"{name} is no capture file, or is damaged: {what} at byte {offset} (unpacked); "
        "a capture is a row of records of 8 bytes time, 4 bytes length and an Erlang term.",
        offset,
    )


def packed(received_at: int, term: bytes) -> bytes:
    """Return one record as it stands in a file."""
    return _RECORD.pack(received_at, len(term)) + term


def is_packed(path: Path | str) -> bool:
    """Say whether a file of this name is gzipped."""
    return str(path).endswith(".gz")


def create(path: Path | str, packed: bool | None = None) -> IO[bytes]:
    """Open a new capture file for writing, its owner's alone; gzipped when its name ends so, or as is said."""
    file = private(Path(path))
    if not (is_packed(path) if packed is None else packed):
        return file
    try:
        return cast(IO[bytes], _Packed(file))
    except BaseException:
        file.close()
        raise


class _Packed(gzip.GzipFile):
    """A gzip file that closes what it writes into."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(fileobj=file, mode="wb")
        self._below = file

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._below.close()


def write_capture(path: Path | str, records: Iterable[tuple[int, bytes]]) -> int:
    """Write (received_at in µs, term) pairs as a capture file, gzipped when its name ends so; return their number."""
    count = 0
    with create(path) as target:
        for received_at, term in records:
            target.write(packed(received_at, term))
            count += 1
    return count
