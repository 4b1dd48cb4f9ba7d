"""A disk of a few hundred kB, which is soon full: a real file system, for a full disk is best not imagined."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def mounted(directory: Path, size: int) -> Iterator[Path]:
    """Mount a tmpfs of so many bytes; where we may not, let a process in a namespace of its own do so for us."""
    directory.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(directory)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0:
        try:
            yield directory
        finally:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)
        return
    inside = 'mount "$@" && echo mounted && exec sleep infinity'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside, "sh", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "mounted\n":
                pytest.fail("No tmpfs can be mounted here, by root or in a user namespace: run the tests as root.")
            yield Path(f"/proc/{process.pid}/root{directory}")
        finally:
            process.kill()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Make disks of so many bytes."""
    with contextlib.ExitStack() as stack:
        count = 0

        def make(size: int) -> Path:
            nonlocal count
            count += 1
            return stack.enter_context(mounted(tmp_path / f"disk-{count}", size))

        yield make


def fill(disk: Path, leave: int = 0) -> Path:
    """Fill a disk up to so many bytes; return the file that does it."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        room = free.f_bavail * free.f_bsize - leave
        while room > 0:
            done = file.write(b"x" * min(room, 4096))
            if not done:
                break
            room -= done
    return ballast
