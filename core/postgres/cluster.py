"""One embedded PostgreSQL: its directory, its socket, and whether its server runs. Starting and stopping it, no more.

Who may do that and when (several processes share one server) is `core.postgres.embedded`'s concern.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from core.durable import replace
from core.postgres import account, binaries
from core.postgres.errors import PostgresError, StartFailed, WrongVersion

NAME = "harmony"
"""of the superuser and of the database"""
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 100  # sun_path holds 108 bytes, less on other systems
_STARTING = 600.0  # crash recovery of a large log takes its time
_ORPHANS = 20.0
_SETTLING = 20.0
"""seconds that a server which lives has to take connections: it repairs itself, or it is about to end"""
_NO_ROOM = 1 << 20
"""bytes of free disk with which no server starts"""
_COMPLAINT = re.compile(
    r"(?:FATAL|PANIC|LOG|HINT): +(.*(?:could not|error|unrecognized|invalid|shared memory|exists).*)"
)

_CONFIGURATION: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "log_checkpoints": "off",
    "jit": "off",
}

_ACCESS = f"""\
# Written by Harmony at every start. Our own account comes through the socket alone, in a directory that nobody else can
# enter; everybody else shows a password. For other rules name a file of your own as hba_file in postgresql.conf.
local replication {NAME} trust
local all {NAME} trust
host  all {NAME} all reject
local all all scram-sha-256
host  all all all scram-sha-256
"""


class Cluster:
    """The files and the server process of one embedded PostgreSQL under ``directory`` (made when missing)."""

    def __init__(
        self,
        directory: Path,
        programs: Path | None = None,
        user: str | None = None,
        configuration: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / "data"
        self.programs = binaries.find(programs)
        self.account = account.choose(user, [self.programs.resolve(), self.directory.parent])
        self.configuration = {**_CONFIGURATION, **(configuration or {})}

    @property
    def socket_directory(self) -> Path:
        """Where the server's socket is: ours, or one of a shorter path where ours is too long for a socket."""
        ours = self.directory / "run"
        if len(os.fsencode(ours / _SOCKET)) <= _LONGEST_SOCKET:
            return ours
        name = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"harmony-{os.geteuid()}-{name}"

    def dsn(self, database: str = NAME) -> str:
        """Return how to connect to a database of this server."""
        return make_conninfo(host=str(self.socket_directory), port=5432, user=NAME, dbname=database)

    def pid(self) -> int | None:
        """Return the server's process id, None when it does not run (whatever a stale file says)."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if _is_server(pid, self.data) else None

    def ready(self) -> bool:
        """Say whether the server takes connections now."""
        return self._complaint() is None

    def settled(self) -> bool:
        """Wait for a server that lives to take connections; False when there is none any more. Raises `StartFailed`."""
        deadline = time.monotonic() + _SETTLING
        while (pid := self.pid()) is not None:
            if (complaint := self._complaint()) is None:
                return True
            if time.monotonic() > deadline:
                raise self.failed(f"its process {pid} takes no connections ({complaint}).")
            time.sleep(0.1)
        return False

    def failed(self, words: str) -> StartFailed:
        """Make the error of a server that does not serve. ``words``: its own, or what became of it."""
        free = _free(self.directory)
        if free < _NO_ROOM or os.strerror(errno.ENOSPC) in words:
            return StartFailed(
                f"PostgreSQL does not start in {self.directory}, for there is no room on its disk ({free // 1000} kB "
                f"are free): make room there. It said: {words}"
            )
        return StartFailed(f"PostgreSQL does not start in {self.directory}: {words}")

    def _complaint(self) -> str | None:
        """Return why the server takes no connections now, in its words; None when it does."""
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return str(error).strip().splitlines()[-1].strip()
        return None

    def prepare(self) -> None:
        """Make the directories, and the data when there are none; raise `PostgresError`."""
        with self.refused():
            self._prepare()

    def _prepare(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        made_by, here = int((self.data / "PG_VERSION").read_text()), binaries.major(self.programs)
        if made_by != here:
            raise WrongVersion(
                f"The data in {self.data} were made by PostgreSQL {made_by}, the programs in {self.programs} are "
                f"{here}: let HARMONY_POSTGRES_BIN name the programs of {made_by}, or use pg_upgrade on the data."
            )
        self._private(self.socket_directory)
        self.account.own(self.directory)
        self.account.own(self.socket_directory)

    def start(self) -> None:
        """Start the server, wait until it takes connections (after crash recovery, if need be); raise `StartFailed`."""
        with self.refused():
            self._start()

    @contextlib.contextmanager
    def refused(self) -> Iterator[None]:
        """Whatever the disk refuses us keeps the server from starting."""
        try:
            yield
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise self.failed(f"{error.strerror or error}{where}.") from error

    def _start(self) -> None:
        self._write_configuration()
        deadline = time.monotonic() + _ORPHANS
        while True:
            if self.pid() is None:
                self._remove_traces()
            before = {path: path.stat().st_size for path in self._logs()}
            output = self._pg_ctl("start", "-w", "-t", str(int(_STARTING)), "-l", str(self.directory / "start.log"))
            if output is None:
                return
            words = self._words_since(before)
            # The old server's children may outlive it for a moment; the memory they share is free when they are gone.
            if "shared memory" not in words or time.monotonic() > deadline:
                break
            for orphan in _processes_in(self.data):
                os.kill(orphan, signal.SIGQUIT)
            time.sleep(0.2)
        raise self.failed(words or output)

    def stop(self) -> None:
        """Stop the server in good order (connections are cut, nothing is lost) and wait for its end."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 60
        while self.pid() == pid:
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL (process {pid}) in {self.directory} does not stop: see its log there.")
            time.sleep(0.02)

    def create_database(self) -> None:
        """Make our database where it is missing."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", (NAME,)).fetchone() is None:
                connection.execute(f"CREATE DATABASE {NAME}")
            # Nobody but us has to do with the other two; each connects and fills disks there otherwise.
            connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC")

    def remove(self) -> None:
        """Remove everything; raise `OSError`. Whoever dies in the middle leaves what counts as half made."""
        if self.data.exists() and not self._half_made.exists():
            self.data.rename(self._half_made)
        shutil.rmtree(self.directory)
        if self.socket_directory.parent != self.directory:
            shutil.rmtree(self.socket_directory, ignore_errors=True)

    @property
    def _half_made(self) -> Path:
        return self.directory / "data.new"

    def _initialise(self) -> None:
        half_done = self._half_made
        shutil.rmtree(half_done, ignore_errors=True)
        half_done.mkdir(mode=0o700)
        self.account.own(self.directory)
        done = self.account.run(
            [
                self.programs / "initdb",
                f"--pgdata={half_done}",
                f"--username={NAME}",
                "--auth=trust",  # whoever reaches the socket in its directory of mode 0700 is us
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-instructions",
                *(["--no-sync"] if self.configuration.get("fsync") == "off" else []),
            ],
            timeout=300,
        )
        if done.returncode != 0:
            raise self.failed(f"initdb failed: {_sentence(done.stdout)}")
        with open(half_done / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\ninclude_if_exists = 'harmony.conf'\n")
        half_done.rename(self.data)

    def _remove_traces(self) -> None:
        """Remove what a dead server left; while it is a zombie, PostgreSQL itself would believe that it lives."""
        for path in (self.data / "postmaster.pid", self.socket_directory / _SOCKET):
            path.unlink(missing_ok=True)
        (self.socket_directory / f"{_SOCKET}.lock").unlink(missing_ok=True)

    def _write_configuration(self) -> None:
        access = self.data / "harmony_hba.conf"
        self._put(access, _ACCESS)
        values = {
            "unix_socket_directories": str(self.socket_directory),
            "hba_file": str(access),
            **self.configuration,
        }
        lines = ["# Written by Harmony at every start; put your own settings into postgresql.conf, behind its include."]
        lines += ["{} = '{}'".format(key, value.replace("'", "''")) for key, value in values.items()]
        self._put(self.data / "harmony.conf", "\n".join(lines) + "\n")

    def _put(self, file: Path, text: str) -> None:
        """Write a file whole, and only when it says something else: a full disk has room for what is there."""
        if not (file.exists() and file.read_text(encoding="utf-8") == text):
            replace(file, text.encode())
            self.account.own(file)

    def _pg_ctl(self, *arguments: str) -> str | None:
        """Run pg_ctl; return None when it worked, else what it said."""
        done = self.account.run([self.programs / "pg_ctl", "-D", self.data, *arguments], timeout=_STARTING + 60)
        return None if done.returncode == 0 else _sentence(done.stdout)

    def _logs(self) -> list[Path]:
        return [path for path in (self.directory / "start.log", *(self.data / "log").glob("*.log")) if path.exists()]

    def _words_since(self, before: Mapping[Path, int]) -> str:
        """Return what a server that did not start complained about."""
        lines = [line for path in self._logs() for line in _lines_from(path, before.get(path, 0))]
        telling = [match[1] for line in lines if (match := _COMPLAINT.search(line))]
        full = [line for line in telling if os.strerror(errno.ENOSPC) in line]
        return "; ".join(dict.fromkeys((full or telling)[-3:])) + "." if telling else ""

    @staticmethod
    def _private(directory: Path) -> None:
        """Make a directory that is ours alone; refuse one that somebody else put there."""
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or (os.geteuid() != 0 and found.st_uid != os.geteuid()):
            raise PostgresError(f"{directory} belongs to somebody else: remove it, or shorten the path HARMONY_DATA.")
        if stat.S_IMODE(found.st_mode) != 0o700:
            directory.chmod(0o700)


def _free(directory: Path) -> int:
    """Return the bytes that are free for us on the disk of a directory."""
    try:
        while not directory.exists():
            directory = directory.parent
        return shutil.disk_usage(directory).free
    except OSError:
        return sys.maxsize  # whoever may not look knows nothing of a full disk


def _is_server(pid: int, data: Path) -> bool:
    """Say whether the process is a postmaster of these data: alive, no zombie, and working in their directory."""
    proc = Path("/proc") / str(pid)
    if not proc.parent.joinpath("self").exists():  # no /proc here (macOS): believe the pid
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        state = (proc / "stat").read_text().rpartition(")")[2].split()[0]
        return state not in "ZX" and os.path.samefile(proc / "cwd", data)
    except (OSError, IndexError):
        return False


def _processes_in(data: Path) -> list[int]:
    """Return the live processes whose working directory is the data directory."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _is_server(int(path.name), data)]


def _lines_from(path: Path, offset: int) -> list[str]:
    with open(path, "rb") as file:
        file.seek(offset if offset <= path.stat().st_size else 0)
        return file.read(65_536).decode(errors="replace").splitlines()


def _sentence(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "FATAL" in line] or lines[-1:]
    return (telling[-1] if telling else "it said nothing").rstrip(".") + "."
