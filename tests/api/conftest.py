"""Fixtures of the outer edge: the commands as processes, a database of the test's own, a server that really listens."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
import pytest

from api.access import installation_token
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.centre import CentreProjection
from projections.runner import Runner
from tests.ports import free_port

CAPTURES = Path(__file__).parent.parent / "captures"
PATIENCE = 30.0
T = TypeVar("T")
HARMONY = [sys.executable, "-m", "api.cli"]


def capture(number: str) -> Path:
    """The events of a recorded scenario, by its number."""
    (folder,) = CAPTURES.glob(f"{number}-*")
    return folder / "events.etf.gz"


def until(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """The first thing that is found; there is nobody to tell us, so we look."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {patience:g} s"
        time.sleep(0.02)
    return found


class Done:
    """What a command did."""

    def __init__(self, process: "subprocess.CompletedProcess[bytes]") -> None:
        self.code = process.returncode
        self.raw = process.stdout
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Each line of output as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Site:
    """A place where commands run: a data directory, a database, and the environment that names them."""

    def __init__(self, data: Path, dsn: str | None) -> None:
        self.data = data
        self.dsn = dsn
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("HARMONY_")}
        self.env |= {"HARMONY_DATA": str(data), "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"}
        if dsn is not None:
            self.env["HARMONY_DSN"] = dsn

    def run(self, *arguments: object, env: Mapping[str, str] | None = None) -> Done:
        """`harmony ARGUMENTS`; a traceback fails the test, whatever the command was."""
        command = [*HARMONY, *map(str, arguments)]
        process = subprocess.run(command, env=self.env | dict(env or {}), capture_output=True, timeout=120, check=False)
        assert b"Traceback" not in process.stderr, process.stderr.decode()
        return Done(process)

    def ok(self, *arguments: object) -> Done:
        done = self.run(*arguments)
        assert done.code == 0, done.err
        return done

    def fill(self, *numbers: str) -> None:
        """Import captures and fold them."""
        self.ok("events", "import", *(capture(n) for n in numbers))
        self.ok("project", "--once")

    def start(self, *arguments: object, env: Mapping[str, str] | None = None) -> "Running":
        return Running([*HARMONY, *map(str, arguments)], self.env | dict(env or {}))


class Running:
    """A long-running command and what it said."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))

    def says(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """Wait for a line in which the pattern is found."""

        def look() -> re.Match[str] | None:
            for line in list(self.said):
                if found := re.search(pattern, line):
                    return found
            assert self.process.poll() is None or self._reader.is_alive(), f"it ended; it said {self.said}"
            return None

        return until(look, f"{pattern!r} in what it says ({self.said})", patience)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait for its end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._reader.join(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture
def site(dsn: str, tmp_path: Path) -> Site:
    """Commands on a database of the test's own, with all tables."""
    return Site(tmp_path / "data", dsn)


@pytest.fixture
def filled(site: Site) -> Callable[..., Site]:
    """Import captures into the site without processes, which is quicker, and fold them."""
    from api.operations.captures import import_file

    def fill(*numbers: str) -> Site:
        assert site.dsn is not None
        with EventLog(site.dsn) as log:
            for number in numbers:
                assert import_file(log, capture(number), None, lambda offset: None).refused is None
        Runner(site.dsn, CallFold, TOPICS).run_once()
        Runner.of(site.dsn, CentreProjection()).run_once()
        return site

    return fill


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as opened:
        yield opened


class Server:
    """A real `harmony serve` with its token."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.port = free_port()
        self.token = installation_token.ensure(site.data, anew=True) or ""
        self.address = f"http://127.0.0.1:{self.port}"
        self.running = self.start()

    def start(self) -> Running:
        self.running = self.site.start("serve", env={"HARMONY_HTTP_PORT": str(self.port)})
        self.running.says("Application startup complete")
        return self.running

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=PATIENCE)


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    running = Server(site)
    yield running
    if running.running.process.poll() is None:
        assert running.running.stop() == 0, running.running.said


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened
