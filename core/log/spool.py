"""The spool: where batches wait on disk, in order, while the database is away.

A row of segment files, each a row of frames: 4 bytes length, 4 bytes CRC-32 (both big-endian), then the batch in
msgpack. A frame is on the disk (fsync) before `append` returns. The log stores each event once whatever happens, so how
far a segment was drained need not be written down: it goes away as a whole, and after a crash it is drained again.
A torn last frame is what a crash leaves; it was never promised to anybody. A segment with damage is set aside, by its
name and not by a copy, for which the disk may have no room; and it is told. So is what could not be kept at the end of
a process: the file for that is as large from the start as it will ever be, so that a full disk takes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import msgspec

from core.durable import write_all
from core.errors import LogError
from core.log.prepare import Prepared
from core.log.segment import MAGIC, Segment

SEGMENT = 64 << 20
"""bytes after which a new segment is begun"""
_FRAME = Struct(">II")
_NOTE = 256
"""bytes of the file that says what was lost"""


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


class Lost(msgspec.Struct, frozen=True):
    """Events for which there was no room when a process ended."""

    events: int
    since: int
    """µs since the epoch"""
    until: int


class Spool:
    """One process's spool. One thread appends, one drains."""

    def __init__(self, directory: Path, limit: int = 20 << 30) -> None:
        self.directory = directory
        self.limit = limit
        self.damages: list[Damage] = []
        self._mutex = threading.Lock()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # one that somebody else made for us stays as he made it
            directory.chmod(0o700)
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
        for path in self._segments:
            with contextlib.suppress(OSError):  # of a version that left this to the umask
                path.chmod(0o600)
        self._note = self._reserve()
        self._write: Segment | None = None
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
            try:
                segment = self._segment()
                segment.append(data)
            except OSError as error:
                self._withdraw()
                raise SpoolFull(
                    f"The spool {self.directory} cannot be written ({error.strerror}): make room there."
                ) from error
            self._sizes[segment.path] = segment.size

    def peek(self, most: int = 2000) -> Waiting | None:
        """Return the oldest batches as one of some ``most`` events (one transaction each would take long); or None.

        Raises `SpoolError` when the disk does not give them back; they stay for another try.
        """
        try:
            return self._peek(most)
        except OSError as error:
            raise SpoolError(f"The spool {self.directory} cannot be read ({error.strerror}): look there.") from error

    def _peek(self, most: int) -> Waiting | None:
        with self._mutex:
            while self._peeked is None and self._segments:
                path = self._segments[0]
                if self._read is None:
                    self._read = open(path, "rb")  # noqa: SIM115  (kept over many calls)
                    if self._read.read(len(MAGIC)) != MAGIC:
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

    def lost(self) -> Lost | None:
        """Return what processes before us could not keep at their ends, None when they lost nothing."""
        try:
            data = os.pread(self._note, _NOTE, 0) if self._note >= 0 else b""
            found = msgspec.json.decode(data.rstrip(b" \n"), type=Lost)
        except (OSError, msgspec.DecodeError):
            return None
        return found if found.events else None

    def note_lost(self, lost: Lost) -> bool:
        """Write down, for the next process, that so many events are lost; False when the disk does not even take that.

        No events: what was lost has been told.
        """
        try:
            write_all(self._note, msgspec.json.encode(lost).ljust(_NOTE), 0)
            os.fdatasync(self._note)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the files; what waits stays."""
        with self._mutex:
            for file in (self._read, self._write):
                if file is not None:
                    file.close()
            self._read = self._write = None
            for descriptor in (self._lock, self._note):
                if descriptor >= 0:
                    os.close(descriptor)
            self._lock = self._note = -1

    def _reserve(self) -> int:
        """Open the file for what could not be kept, at its full size; -1 where the disk has no room even for it."""
        descriptor = -1
        try:
            descriptor = os.open(self.directory / "lost", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if os.fstat(descriptor).st_size < _NOTE:
                write_all(descriptor, b" " * _NOTE, 0)
                os.fsync(descriptor)
        except OSError:
            if descriptor >= 0:
                os.close(descriptor)
            return -1
        return descriptor

    def _segment(self) -> Segment:
        """Return the segment to write to, a new one where there is none or the last one is large; raise `OSError`."""
        if self._write is not None and self._write.size < SEGMENT:
            return self._write
        self._leave()
        path = self.directory / f"{self._next:08}.spool"
        self._next += 1
        self._write = Segment(path)
        self._segments.append(path)
        self._sizes[path] = self._write.size
        return self._write

    def _withdraw(self) -> None:
        """After a failed write: leave a segment that cannot be trusted, and remove one that came to nothing."""
        written = self._write
        if written is None or (written.usable and not written.is_empty):
            return
        self._leave()
        if written.is_empty and self._segments[-1:] == [written.path]:
            if len(self._segments) == 1 and self._read is not None:
                self._read.close()
                self._read = None
            self._segments.pop()
            self._sizes.pop(written.path)
            with contextlib.suppress(OSError):
                written.path.unlink()

    def _leave(self) -> None:
        if self._write is not None:
            self._write.close()
            self._write = None

    def _next_frames(self, path: Path, most: int) -> tuple[list[Frame], bool]:
        """Read frames of some ``most`` events; say whether all is sound up to where reading stopped."""
        assert self._read is not None
        frames: list[Frame] = []
        count = 0
        begin = self._read.tell()
        while count < most and self._read.tell() < self._sizes[path]:
            at = self._read.tell()
            try:
                frame = self._next_frame(self._sizes[path] - at)
            except OSError:
                self._read.seek(begin)  # all of them another time
                raise
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
        """Keep a segment whose rest cannot be read under another name, and tell. Its good frames are in the log."""
        assert self._read is not None
        at = self._read.tell()
        size = self._sizes[path]
        head = self._read.read(_FRAME.size)
        whole = _FRAME.size + _FRAME.unpack(head)[0] if len(head) == _FRAME.size else size + 1
        self._read.seek(at)
        # The name first: an error leaves all as it was, for another try.
        path.rename(self.directory / f"{path.stem}.damaged")
        self.damages.append(Damage(path.name, at, size - at, torn=whole >= size - at))
        self._finish(path)

    def _finish(self, path: Path) -> None:
        """Remove a drained segment. One that cannot be removed is drained again by the next process, to no effect."""
        if self._segments[:1] != [path]:
            return
        if self._read is not None:
            self._read.close()
            self._read = None
        if len(self._segments) == 1:
            self._leave()
        self._segments.pop(0)
        self._sizes.pop(path)
        self._old.discard(path)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def read_frames(segment: bytes) -> Iterator[Frame]:
    """Yield the sound frames of a segment's bytes up to the first that is not: to look at it while others use it."""
    at = len(MAGIC)
    while at + _FRAME.size <= len(segment):
        length, checksum = _FRAME.unpack_from(segment, at)
        payload = segment[at + _FRAME.size : at + _FRAME.size + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        yield msgspec.msgpack.decode(payload, type=Frame)
        at += _FRAME.size + length


def _joined(frames: Sequence[Frame]) -> Prepared:
    if len(frames) == 1:
        return frames[0].batch
    return Prepared(
        [row for frame in frames for row in frame.batch.rows], [one for frame in frames for one in frame.batch.parked]
    )
