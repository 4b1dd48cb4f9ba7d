"""Cutting a stream into frames: a length, then that many bytes. The hot path of the whole bridge begins here.

The buffer hands its free space to the socket and its frames to the connection by position, so an event is copied once
from the kernel into the buffer and once out of it. What a frame means does not belong here.
"""

from __future__ import annotations

import struct
from typing import Final

from bridge.errors import RemoteProtocolError

_u16 = struct.Struct(">H").unpack_from
_u32 = struct.Struct(">I").unpack_from

# Large enough for some fifty events a read, small enough to stay in the processor's cache between the two copies.
_USUAL: Final = 256 * 1024
_LEAST_ROOM: Final = 64 * 1024
# While only short frames are let in: whoever has not shown the cookie yet gets no more of our memory than this.
_FIRST: Final = 4 * 1024


class FrameBuffer:
    """Bytes in, positions of whole frames out. Bounded by the longest frame that is let in."""

    __slots__ = ("_end", "_length", "_prefix", "_start", "data", "longest", "view")

    def __init__(self, prefix: int, longest: int) -> None:
        self.data = bytearray(_FIRST if longest < _FIRST else _USUAL)
        self.view = memoryview(self.data)
        self._start = 0
        self._end = 0
        self.switch(prefix, longest)

    def switch(self, prefix: int, longest: int) -> None:
        """From now on lengths have `prefix` bytes (2 or 4) and frames at most `longest`."""
        self._prefix = prefix
        self._length = _u16 if prefix == 2 else _u32
        self.longest = longest
        if longest >= _FIRST and len(self.data) < _USUAL:
            self._move(_USUAL)

    def room(self) -> memoryview:
        """Where the next bytes go; never empty. Positions given out before are void after this."""
        pending = self._end - self._start
        size = len(self.data)
        if not pending:
            self._start = self._end = 0
            if size > _USUAL:  # a large frame has passed: give its memory back
                self._move(_USUAL)
        elif size - self._end < _LEAST_ROOM:
            # Doubling with what has arrived, not with what is announced: a length alone must not take memory. Each byte
            # is moved a bounded number of times, however small the reads are.
            self._move(size * 2 if pending > size // 2 else size)
        return self.view[self._end :]

    def filled(self, count: int) -> None:
        """`count` bytes were put into the room."""
        self._end += count

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Put bytes in that are already in memory (tests, TLS)."""
        rest = memoryview(data)
        while rest:
            room = self.room()
            count = min(len(room), len(rest))
            room[:count] = rest[:count]
            self._end += count
            rest = rest[count:]

    def next(self) -> tuple[int, int] | None:
        """The positions in `data` where the next frame's content begins and ends, or None: more bytes are needed."""
        start = self._start + self._prefix
        if start > self._end:
            return None
        (length,) = self._length(self.data, self._start)
        if length > self.longest:
            raise RemoteProtocolError(
                f"The peer announces a frame of {length} bytes, over the limit of {self.longest}",
                code="frame-too-large",
                hint="The stream lost its framing, or the peer speaks another protocol.",
            )
        stop: int = start + length
        if stop > self._end:
            return None
        self._start = stop
        return start, stop

    def peek(self) -> bytes:
        """What has arrived and is not yet handed out, at most the first 64 bytes."""
        return bytes(self.view[self._start : min(self._end, self._start + 64)])

    def _move(self, size: int) -> None:
        pending = self._end - self._start
        data = bytearray(size) if size != len(self.data) else self.data
        view = memoryview(data)
        if data is self.data:
            view[:pending] = bytes(self.view[self._start : self._end])
        else:
            view[:pending] = self.view[self._start : self._end]
        self.data, self.view = data, view
        self._start, self._end = 0, pending
