"""The file of a backup: named parts in order, each chunk with a SHA-256 over the one before it, itself, and its bytes.

The first line says what it is; then a line of JSON a chunk, with that many bytes behind it, zstd-compressed; the last
line is the end. So a file that was cut, changed, or put together from two is found out before anything of it is used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from core.durable import named, sync_directory
from core.errors import HarmonyError
from core.zstd import BadFrame, compress, decompress

MAGIC = b"harmony-backup-1\n"
CHUNK = 1 << 20
"""bytes that are compressed together"""
_LONGEST_LINE = 4096
_LONGEST_CHUNK = 1 << 30


class BackupError(HarmonyError):
    """A backup cannot be written, or what was given is none that can be trusted."""

    code = "backup"


class _Chunk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: str
    """the name of the part; empty at the end"""
    size: int
    """bytes that follow"""
    sha256: str


class Writer:
    """Writes a backup; as a context: what is not finished leaves no file. The file is its owner's alone (0600)."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise BackupError(f"{path} is there already: name another file, or move it away.")
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        self.digest = hashlib.sha256(MAGIC).digest()

    def __enter__(self) -> Self:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with named(self._path):
            self._file: IO[bytes] = os.fdopen(os.open(self._unfinished, flags, 0o600), "wb")
        self._file.write(MAGIC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._chunk("", b"")
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                os.link(self._unfinished, self._path)
                sync_directory(self._path.parent)
        except FileExistsError:
            raise BackupError(f"{self._path} is there already: name another file, or move it away.") from None
        finally:
            self._file.close()
            self._unfinished.unlink(missing_ok=True)

    def add(self, part: str, pieces: Iterable[bytes]) -> int:
        """Write a part, which may be empty; return how many bytes it has."""
        waiting, size, written = bytearray(), 0, False
        for piece in pieces:
            waiting += piece
            size += len(piece)
            if len(waiting) >= CHUNK:
                self._chunk(part, bytes(waiting))
                waiting.clear()
                written = True
        if waiting or not written:
            self._chunk(part, bytes(waiting))
        return size

    def _chunk(self, part: str, data: bytes) -> None:
        packed = compress(data) if part else b""
        self.digest = _digest(self.digest, part, packed)
        self._file.write(_line(_Chunk(part, len(packed), self.digest.hex())) + packed)


class Reader:
    """Reads a backup; every chunk is proven before it is handed out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sha256 = ""
        """what stands for the whole file, once it was read to its end"""

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Yield pieces of the parts, in order; raise `BackupError` at the first thing that is not right."""
        digest = hashlib.sha256(MAGIC).digest()
        with self._path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise BackupError(f"{self._path} is no backup of Harmony: name a file that `harmony backup` made.")
            while True:
                at = file.tell()
                chunk = self._line(file.readline(_LONGEST_LINE), at)
                data = file.read(chunk.size)
                digest = _digest(digest, chunk.part, data)
                if len(data) != chunk.size or digest.hex() != chunk.sha256:
                    raise self._damaged(at)
                if not chunk.part:
                    if file.read(1):
                        raise self._damaged(file.tell())
                    self.sha256 = chunk.sha256
                    return
                try:
                    yield chunk.part, decompress(data)
                except BadFrame:
                    raise self._damaged(at) from None

    def proven(self, go_on: Callable[[], None] = lambda: None) -> list[str]:
        """Read it all and return the names of its parts; raise `BackupError` when it is damaged, cut or foreign.

        ``go_on`` is called again and again, and may raise.
        """
        names: dict[str, None] = {}
        for part, _ in self.parts():
            go_on()
            names[part] = None
        return list(names)

    def _line(self, line: bytes, at: int) -> _Chunk:
        try:
            chunk = msgspec.json.decode(line, type=_Chunk)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._damaged(at) from None
        # A line has one spelling: JSON reads a lost newline, or a blank in its place, like what was written.
        if line != _line(chunk) or not 0 <= chunk.size <= _LONGEST_CHUNK:
            raise self._damaged(at)
        return chunk

    def _damaged(self, at: int) -> BackupError:
        return BackupError(f"{self._path} is damaged or not whole (at byte {at}): copy it again, or take another one.")


def _line(chunk: _Chunk) -> bytes:
    return msgspec.json.encode(chunk) + b"\n"


def _digest(before: bytes, part: str, data: bytes) -> bytes:
    return hashlib.sha256(before + len(part.encode()).to_bytes(4) + part.encode() + data).digest()
