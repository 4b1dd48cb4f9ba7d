"""Who may use a data directory at once: everybody beside one another, or a restore alone; and one `harmony run`.

Locks of the kernel on files in the directory: they end with their process, however it ends. They say who may, not what
state the directory is in: a restore that was begun and not ended is `core.backup.begun`'s concern.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import HarmonyError

USE, RUN = "use.lock", "run.lock"
"""the files: of all who use the directory, and of the one `harmony run`"""


class DirectoryInUse(HarmonyError):
    """Somebody uses the data directory in a way that does not go together with what was asked."""

    code = "directory.in-use"


@contextlib.contextmanager
def used(data: Path, make: bool = True) -> Iterator[None]:
    """Use a data directory beside others; raise `DirectoryInUse` while a restore has it.

    ``make``: without it nothing is written where nobody has used it yet, for it may be no directory of ours.
    """
    try:
        lock = _locked(data / USE, fcntl.LOCK_SH, make)
    except PermissionError:
        if make:
            raise
        lock = None  # whoever may not even enter it asks the database alone
    except BlockingIOError as busy:
        raise DirectoryInUse(f"A restore into {data} goes on{_by(data / USE)}: wait for its end.") from busy
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Have a data directory alone, made where it is missing; raise `DirectoryInUse`. An error leaves none behind."""
    made = not data.exists()
    try:
        lock = _locked(data / USE, fcntl.LOCK_EX, True)
    except BlockingIOError as busy:
        raise DirectoryInUse(
            f"{data} is in use by a Harmony that runs, by a command or by another restore: stop it and restore again, "
            "or restore into a new data directory."
        ) from busy
    assert lock is not None
    try:
        _write_pid(lock)
        yield
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                (data / USE).unlink()
                data.rmdir()
        raise
    finally:
        os.close(lock)


@contextlib.contextmanager
def running(data: Path) -> Iterator[None]:
    """Be the one `harmony run` of a data directory; raise `DirectoryInUse`."""
    try:
        lock = _locked(data / RUN, fcntl.LOCK_EX, True)
    except BlockingIOError as busy:
        raise DirectoryInUse(
            f"`harmony run` runs in {data} already{_by(data / RUN)}: stop that one, or let HARMONY_DATA name another "
            "directory for this one."
        ) from busy
    assert lock is not None
    try:
        _write_pid(lock)
        yield
    finally:
        os.close(lock)


def _locked(path: Path, how: int, make: bool) -> int | None:
    """Open and lock a file at once; None where it is not there and shall not be made. Raises `OSError`."""
    if make:
        path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0), 0o600)
        except (FileNotFoundError, NotADirectoryError):
            if make:
                raise
            return None
        try:
            if os.geteuid() == 0:  # the directory may be another account's, whose processes must get at it, too
                of = path.parent.stat()
                os.fchown(lock, of.st_uid, of.st_gid)
            fcntl.flock(lock, how | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)  # a restore that failed took the file away between our opening and locking it


def _write_pid(lock: int) -> None:
    with contextlib.suppress(OSError):  # it is for people; a full disk keeps nobody from locking
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _by(path: Path) -> str:
    try:
        return f" (process {int(path.read_text())})"
    except (OSError, ValueError):
        return ""
