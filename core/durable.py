"""Writing files so that what counts as written is on the disk, whole: short writes, full disks, kills in the middle.

A raw write may take less than it was given and say so by a number only; an error may come as late as at fsync. Either
is an `OSError` here, and nothing is left half done: a file is replaced as a whole or stays as it was.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Let an `OSError` name the file that was to be written, not the one beside it that is to become it."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            error.filename, error.filename2 = str(path), None
        raise


def write_all(descriptor: int, data: bytes, at: int) -> None:
    """Write all of it at this offset; raise `OSError` when the disk takes less, after which a part may stand there."""
    rest = memoryview(data)
    while rest:
        done = os.pwrite(descriptor, rest, at)
        if done <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest, at = rest[done:], at + done


def sync_directory(directory: Path) -> None:
    """Make names that were made, changed or removed in it last; raise `OSError`."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make what was written to a file last, and its name; raise `OSError`. What is no file (a pipe) is left alone."""
    if path.is_file():
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_directory(path.parent)


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put these bytes into the file, whole, or leave it as it was and raise `OSError`."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with named(path):
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
            try:
                write_all(descriptor, data, 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            fresh.replace(path)
            sync_directory(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def private(path: Path) -> IO[bytes]:
    """Open a file for writing that its owner alone can read: what is exported holds what people said and dialled."""
    path.unlink(missing_ok=True)  # one that others can read would stay so
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def write_whole(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a file, its owner's alone, that appears under its name when it is whole, or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        with named(path), private(part) as to:
            write(to)
            to.flush()
            os.fsync(to.fileno())
        with named(path):
            part.replace(path)
        sync_directory(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
