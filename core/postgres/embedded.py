"""Sharing one embedded PostgreSQL among processes: the first starts it, the last stops it, anyone revives it.

Each user of a server holds a shared lock on a file, which the kernel lets go of however the process ends; who can turn
it into an exclusive one is the last. Starting and stopping happen under a second lock, one process at a time.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import psycopg

from core.errors import HarmonyError
from core.following import Follower, Session
from core.postgres.cluster import Cluster

LOG = logging.getLogger("harmony.postgres")
WATCH = 0.5
"""seconds between two looks at whether the server lives"""
LONGEST_RECOVERY = 600.0
"""seconds that a server which died may read its log anew"""


class Status(msgspec.Struct, frozen=True):
    """How an embedded PostgreSQL is doing."""

    directory: str
    exists: bool
    pid: int | None
    restarts: int = 0


class Embedded:
    """This process's share in an embedded PostgreSQL under ``<data_dir>/postgres``."""

    def __init__(
        self,
        data_dir: Path,
        *,
        programs: Path | None = None,
        user: str | None = None,
        configuration: Mapping[str, str] | None = None,
    ) -> None:
        self.cluster = Cluster(Path(data_dir) / "postgres", programs, user, configuration)
        self.restarts = 0
        self.trouble: HarmonyError | None = None
        """why the server could not be revived, while it could not"""
        self._user: int | None = None
        self._watcher: _Watch | None = None

    @property
    def dsn(self) -> str:
        """How to connect to our database."""
        return self.cluster.dsn()

    def start(self, *, watch: bool = True) -> str:
        """Join the server, starting it when it does not run; return the DSN. ``watch``: revive it when it dies."""
        with self.cluster.refused():
            self._join()
        if watch:
            self._watcher = _Watch(self._look)
            self._watcher.start()
        return self.dsn

    def _join(self) -> None:
        """Be one of the server's users; start it when it does not run."""
        directory = self.cluster.directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._changing():
            self._user = os.open(directory / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._user, fcntl.LOCK_SH)
            try:
                self._run()
                self.cluster.create_database()
            except psycopg.OperationalError as error:
                self._leave()
                raise self.cluster.failed(str(error).strip().splitlines()[0]) from error
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Leave the server; stop it when nobody else uses it."""
        if self._watcher is not None:
            self._watcher.finish()
            self._watcher.join()
        if self._user is None:
            return
        with self._changing():
            if self._alone():
                self.cluster.stop()
            self._leave()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def status(self) -> Status:
        """Look, without starting anything."""
        exists = (self.cluster.data / "PG_VERSION").exists()
        return Status(str(self.cluster.directory), exists, self.cluster.pid(), self.restarts)

    def remove(self) -> bool:
        """Remove all of it, data included; False, and all stays, while a server runs. Raises `OSError`."""
        if self.cluster.pid() is not None:
            return False
        if self.cluster.directory.exists():
            self.cluster.remove()
        return True

    def _run(self) -> None:
        if not self.cluster.settled():
            self.cluster.prepare()
            self.cluster.start()

    def _look(self, ending: Callable[[], bool]) -> None:
        """Revive the server if it is dead; raise why it cannot be."""
        if self.cluster.pid() is not None:
            return
        with self._changing():
            try:
                if self.cluster.pid() is None and not ending():
                    self._revive()
                self.trouble = None
            except HarmonyError as error:
                self.trouble = error
                raise

    def _revive(self) -> None:
        """Start a server that ended without us; of all who share it, one does so and says it."""
        began = time.monotonic()
        self.cluster.start()
        LOG.warning(
            "PostgreSQL ended, which nobody asked of it; it was started again within %.1f s (%s has its own words)",
            time.monotonic() - began,
            self.cluster.data / "log",
        )
        self.restarts += 1

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One process at a time starts or stops the server."""
        lock = os.open(self.cluster.directory / "start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _alone(self) -> bool:
        assert self._user is not None
        try:
            fcntl.flock(self._user, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _leave(self) -> None:
        if self._user is not None:
            os.close(self._user)
            self._user = None


class _Watch(Follower):
    """Looks whether the server lives."""

    def __init__(self, look: Callable[[Callable[[], bool]], None]) -> None:
        super().__init__("embedded-postgres", first=WATCH, longest=WATCH, longest_step=LONGEST_RECOVERY)
        self._look = look

    @contextmanager
    def session(self) -> Iterator[Session]:
        self.rest(WATCH)
        yield Session(self._step, lambda: self.rest(WATCH))

    def _step(self) -> bool:
        self._look(self.stopping.is_set)
        return False


@contextmanager
def embedded(data_dir: Path, programs: Path | None = None, user: str | None = None) -> Iterator[str]:
    """``with embedded(data_dir) as dsn:`` a server for as long as the block runs, shared with other processes."""
    with Embedded(data_dir, programs=programs, user=user) as server:
        yield server.dsn
