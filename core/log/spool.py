"""The spool: where batches wait on disk, in order, while the database is away.

A row of segment files, each a row of frames: 4 bytes length, 4 bytes CRC-32 (both big-endian), then the batch in
msgpack. A frame is on the disk (fsync) before `append` returns. The log stores each event once whatever happens, so how
far a segment was drained need not be written down: it goes away as a whole, and after a crash it is drained again.
A torn last frame is what a crash leaves; it was never promised to anybody. Damage before it is set aside, and told.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import msgspec

from core.errors import LogError
from core.log.prepare import Prepared

SEGMENT = 64 << 20
"""bytes after which a new segment is begun"""
_MAGIC = b"HARMONY SPOOL 1\n"
_FRAME = Struct(">II")


class SpoolError(LogError):
    """The spool cannot be used."""

    code = "log.spool"


class SpoolFull(SpoolError):
    """There is no room for another batch, by our limit or on the disk."""

    code = "log.spool-full"


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One batch, and when it was spooled (µs since the epoch)."""

    spooled_at: int
    batch: Prepared


class Waiting(msgspec.Struct, frozen=True):
    """The oldest events of the spool."""

    batch: Prepared
    spooled_at: int
    """when the first of them was spooled, µs since the epoch"""
    ours: bool
    """whether this process spooled them"""


class Damage(msgspec.Struct, frozen=True):
    """Bytes of a segment that hold no whole batch."""

    segment: str
    offset: int
    bytes: int
    torn: bool
    """at the very end, as a crash in the middle of writing leaves it"""


class Spool:
    """One process's spool. One thread appends, one drains."""

    def __init__(self, directory: Path, limit: int = 20 << 30) -> None:
        self.directory = directory
        self.limit = limit
        self.damages: list[Damage] = []
        self._mutex = threading.Lock()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise SpoolError(
                f"Another process uses the spool {directory}: stop it, or give this one a name of its own."
            ) from None
        self._segments = sorted(directory.glob("*.spool"))
        self._next = 1 + max((int(path.stem) for path in (*self._segments, *directory.glob("*.damaged"))), default=0)
        self._old = set(self._segments)
        self._sizes = {path: path.stat().st_size for path in self._segments}
        self._write: BinaryIO | None = None
        self._read: BinaryIO | None = None
        self._peeked: Waiting | None = None

    @property
    def bytes(self) -> int:
        """How much it takes on disk."""
        return sum(self._sizes.copy().values())

    def is_empty(self) -> bool:
        """Say whether nothing waits."""
        with self._mutex:
            return self._peeked is None and not self._segments

    def append(self, batch: Prepared) -> None:
        """Write a batch so that it survives a crash; raise `SpoolFull`, leaving no trace of it."""
        payload = msgspec.msgpack.encode(Frame(time.time_ns() // 1000, batch))
        data = _FRAME.pack(len(payload), zlib.crc32(payload)) + payload
        if self.bytes + len(data) > self.limit:
            raise SpoolFull(f"The spool {self.directory} holds {self.bytes} bytes, its limit: bring the database back.")
        with self._mutex:
            path = self._segments[-1] if self._write is not None else None
            if path is None or self._sizes[path] >= SEGMENT:
                path = self._begin()
            assert self._write is not None
            good = self._sizes[path]
            try:
                self._write.write(data)
                self._write.flush()
                os.fdatasync(self._write.fileno())
            except OSError as error:
                self._abandon(path, good)
                raise SpoolFull(
                    f"The spool {self.directory} cannot be written ({error.strerror}): make room."
                ) from error
            self._sizes[path] = good + len(data)

    def peek(self, most: int = 2000) -> Waiting | None:
        """Return the oldest batches as one of some ``most`` events (one transaction each would take long); or None."""
        with self._mutex:
            while self._peeked is None and self._segments:
                path = self._segments[0]
                if self._read is None:
                    self._read = open(path, "rb")  # noqa: SIM115  (kept over many calls)
                    if self._read.read(len(_MAGIC)) != _MAGIC:
                        self._read.seek(0)
                        self._set_aside(path)
                        continue
                frames, sound = self._next_frames(path, most)
                if frames:
                    # What is damaged behind them is looked at when they are in the database and not before: the
                    # segment goes away then.
                    self._peeked = Waiting(_joined(frames), frames[0].spooled_at, path not in self._old)
                elif sound:
                    self._finish(path)
                else:
                    self._set_aside(path)
            return self._peeked

    def consume(self) -> None:
        """Forget what `peek` returned: it is in the database."""
        with self._mutex:
            self._peeked = None
            path = self._segments[0] if self._segments else None
            if path and self._read is not None and self._read.tell() >= self._sizes[path]:
                self._finish(path)

    def close(self) -> None:
        """Let go of the files; what waits stays."""
        with self._mutex:
            for file in (self._read, self._write):
                if file is not None:
                    file.close()
            self._read = self._write = None
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def _unwritable(self, error: OSError) -> SpoolFull:
        return SpoolFull(f"The spool {self.directory} cannot be written ({error.strerror}): make room there.")

    def _begin(self) -> Path:
        if self._write is not None:
            self._write.close()
        path = self.directory / f"{self._next:08}.spool"
        self._next += 1
        try:
            self._write = open(path, "xb", buffering=0)  # noqa: SIM115  (kept over many calls)
            os.fchmod(self._write.fileno(), 0o600)
            self._write.write(_MAGIC)
            parent = os.open(self.directory, os.O_RDONLY)
            os.fsync(parent)
            os.close(parent)
        except OSError as error:
            path.unlink(missing_ok=True)
            self._write = None
            raise self._unwritable(error) from error
        self._segments.append(path)
        self._sizes[path] = len(_MAGIC)
        return path

    def _abandon(self, path: Path, good: int) -> None:
        """After a failed write: cut what was half written, and begin a new segment next time."""
        assert self._write is not None
        try:
            os.ftruncate(self._write.fileno(), good)
        except OSError:
            self._sizes[path] = good
        self._write.close()
        self._write = None

    def _next_frames(self, path: Path, most: int) -> tuple[list[Frame], bool]:
        """Read frames of some ``most`` events; say whether all is sound up to where reading stopped."""
        assert self._read is not None
        frames: list[Frame] = []
        count = 0
        while count < most and self._read.tell() < self._sizes[path]:
            at = self._read.tell()
            frame = self._next_frame(self._sizes[path] - at)
            if frame is None:
                self._read.seek(at)
                return frames, False
            frames.append(frame)
            count += len(frame.batch)
        return frames, True

    def _next_frame(self, left: int) -> Frame | None:
        """Read one frame; None when it is damaged."""
        assert self._read is not None
        head = self._read.read(_FRAME.size)
        if len(head) < _FRAME.size:
            return None
        length, checksum = _FRAME.unpack(head)
        if _FRAME.size + length > left:
            return None
        payload = self._read.read(length)
        if zlib.crc32(payload) != checksum:
            return None
        try:
            return msgspec.msgpack.decode(payload, type=Frame)
        except msgspec.DecodeError:
            return None

    def _set_aside(self, path: Path) -> None:
        """Keep the rest of a segment, which cannot be read, under another name, and tell."""
        assert self._read is not None
        at = self._read.tell()
        rest = self._read.read()
        whole = _FRAME.size + _FRAME.unpack(rest[: _FRAME.size])[0] if len(rest) >= _FRAME.size else 1 + len(rest)
        self.damages.append(Damage(path.name, at, len(rest), torn=whole >= len(rest)))
        (self.directory / f"{path.stem}.damaged").write_bytes(rest)
        self._finish(path)

    def _finish(self, path: Path) -> None:
        """Remove a drained segment."""
        if self._segments[:1] != [path]:
            return
        if self._read is not None:
            self._read.close()
            self._read = None
        if self._write is not None and len(self._segments) == 1:
            self._write.close()
            self._write = None
        self._segments.pop(0)
        self._sizes.pop(path)
        self._old.discard(path)
        path.unlink(missing_ok=True)


def _joined(frames: Sequence[Frame]) -> Prepared:
    if len(frames) == 1:
        return frames[0].batch
    return Prepared(
        [row for frame in frames for row in frame.batch.rows], [one for frame in frames for one in frame.batch.parked]
    )
