"""zstd frames in any thread: the one door to the library, so that no object of it is ever shared.

An object of `zstandard` holds a context of the C library that two threads must not use at once: shared, it answers
"Data corruption detected" or ends the process, for the interpreter's lock is let go while it works. So each thread has
objects of its own here, which costs 0.1 µs a frame; new objects for each frame would cost 5 µs to read and 25 to write.

States of events have a dictionary and parameters of their own: `core.log.codec`, by the same rule. A lint rule keeps
the library away from everybody else.
"""

from __future__ import annotations

import threading

import zstandard

LEVEL = 1
BadFrame = zstandard.ZstdError
"""bytes that are no sound frame"""


class _Mine(threading.local):
    """What one thread has: `__init__` runs again in each thread that comes along."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=LEVEL).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_mine = _Mine()


def compress(data: bytes) -> bytes:
    """Return the data as one frame that says how long it is."""
    return _mine.compress(data)


def decompress(frame: bytes) -> bytes:
    """Return the data of such a frame."""
    return _mine.decompress(frame)
