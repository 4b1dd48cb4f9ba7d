"""One file of the spool while it is written: a frame is in it whole and on the disk, or not at all.

What the spool makes of its files, and reading them, is `core.log.spool`'s concern.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from core.durable import sync_directory, write_all

MAGIC = b"HARMONY SPOOL 1\n"


class Segment:
    """A new file, which its owner alone may read; raises `OSError`, leaving no file, when there is no room for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = len(MAGIC)
        """bytes that are good; a frame that failed may stand behind them where it could not be cut off"""
        self.usable = True
        """False after an error of the disk: nobody knows what more would become of this file"""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        try:
            write_all(self._descriptor, MAGIC, 0)
            sync_directory(path.parent)
        except OSError:
            self.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    @property
    def is_empty(self) -> bool:
        """Say whether no frame is in it."""
        return self.size == len(MAGIC)

    def append(self, frame: bytes) -> None:
        """Put a frame behind the others; raise `OSError`, taking back what was written of it."""
        try:
            write_all(self._descriptor, frame, self.size)
        except OSError:
            self._take_back()
            raise
        try:
            os.fdatasync(self._descriptor)
        except OSError:
            # After a failed fsync the kernel may have let go of the pages: only a new file can be trusted.
            self.usable = False
            self._take_back()
            raise
        self.size += len(frame)

    def close(self) -> None:
        """Let go of the file. All that counts was fsynced, so an error here loses nothing."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.size)
        except OSError:
            self.usable = False
