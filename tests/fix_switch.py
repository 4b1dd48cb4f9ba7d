"""Fixtures for switches: the C node on real libei, commanded by lines, and an epmd of the tests' own."""

from __future__ import annotations

import asyncio
import collections
import gzip
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bridge.node import Node
from bridge.process.service import BridgeService
from bridge.process.supervisor import Supervisor
from bridge.session.commands import Commands
from bridge.session.memory import recall
from bridge.session.session import SwitchSession
from core.capture import read_capture
from core.commands.store import CommandStore
from core.headers import header, is_event
from core.log import EventLog, LogWriter
from core.registry.live import LiveRegistry
from core.settings import Switch
from tests.ports import free_port

HERE = Path(__file__).parent
CAPTURES = HERE / "captures"
COOKIE = "a-cookie-of-the-tests"
PATIENCE = 20.0

StartSwitch = Callable[..., Awaitable["CNode"]]
StartNode = Callable[..., Awaitable[Node]]
StartBridge = Callable[..., Awaitable[BridgeService]]


@pytest.fixture(scope="session")
def cnode_binary() -> Path:
    """Build the C node; its Makefile says what it needs."""
    built = subprocess.run(["make", "-C", str(HERE / "cnode"), "cnode"], capture_output=True, text=True, check=False)
    assert built.returncode == 0, f"the C node does not build (is erlang-dev installed?):\n{built.stderr}"
    return HERE / "cnode" / "cnode"


@pytest.fixture(scope="session")
def epmd_port() -> Iterator[int]:
    """Run Erlang's own epmd on a port of its own, so that nobody else's nodes are met."""
    port = free_port()
    process = subprocess.Popen(["epmd", "-port", str(port), "-address", "127.0.0.1"])
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield port
    process.terminate()
    process.wait()


class CNode:
    """A switch to the eye of Harmony: the C node, with what it said."""

    def __init__(self, process: asyncio.subprocess.Process, transcript: Path) -> None:
        self._process = process
        self._transcript = transcript
        self._said: collections.deque[str] = collections.deque()
        self._heard = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.name = self.core = ""

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._heard:
                self._said.append(line.decode().rstrip("\n"))
                self._heard.notify_all()

    async def heard(self, beginning: str, patience: float = PATIENCE) -> str:
        """Wait for a line that begins so; what was said up to it is forgotten."""
        async with asyncio.timeout(patience), self._heard:
            while True:
                while self._said:
                    line = self._said.popleft()
                    assert not line.startswith("error"), line
                    if line.startswith(beginning):
                        return line
                await self._heard.wait()

    async def tell(self, command: str, answer: str | None = None) -> str:
        """Give a command; wait for its answer if it has one."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        await self._process.stdin.drain()
        return await self.heard(answer) if answer else ""

    async def die(self) -> None:
        """End as a crash does, and wait until it is over."""
        await self.tell("die")
        await self._process.wait()

    def said(self) -> list[tuple[str, str]]:
        """Return all that went over the wire, as (`->` to the node or `<-`, text)."""
        lines = [line.split(" ", 3) for line in self._transcript.read_text(errors="replace").split("\n")]
        return [(line[1], line[3]) for line in lines if len(line) == 4]

    def sent(self) -> list[str]:
        """Return what was sent to the node, as text."""
        return [text for arrow, text in self.said() if arrow == "->"]

    async def close(self) -> None:
        """End it if it lives."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading


@pytest.fixture
async def start_switch(cnode_binary: Path, epmd_port: int, tmp_path: Path) -> AsyncIterator[StartSwitch]:
    """Start C nodes: ``await start_switch("freeswitch@127.0.0.1", "--encoding", "binary")``."""
    running: list[CNode] = []

    async def start(name: str = "freeswitch@127.0.0.1", *options: str) -> CNode:
        transcript = tmp_path / f"transcript-{len(running)}"
        command = [str(cnode_binary), "--name", name, "--cookie", COOKIE, "--transcript", str(transcript), *options]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"ERL_EPMD_PORT": str(epmd_port)},
        )
        switch = CNode(process, transcript)
        running.append(switch)
        switch.core = (await switch.heard("core ")).split()[1]
        switch.name = (await switch.heard("ready ")).split()[1]
        return switch

    yield start
    for switch in running:
        await switch.close()


@pytest.fixture
async def start_node(epmd_port: int) -> AsyncIterator[StartNode]:
    """Start nodes of our own."""
    running: list[Node] = []

    async def start(name: str = "harmony@127.0.0.1", ticktime: float = 60) -> Node:
        node = Node(name, COOKIE, ticktime=ticktime, epmd_port=epmd_port)
        await node.start()
        running.append(node)
        return node

    yield start
    for node in running:
        await node.stop()


class Sink:
    """Takes what a session hands over, and lets a test wait for it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self._wanted: list[tuple[Callable[[], bool], asyncio.Event]] = []
        self._looking = False
        self._own: list[bytes] = []
        self._events: list[bytes] = []

    def __call__(self, switch: str, term: bytes) -> None:
        self.taken.append((switch, term))
        if is_own(term):
            self._own.append(term)
        elif not is_ours(term):
            self._events.append(term)
        if self._wanted and not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """After the session itself has dealt with what came."""
        self._looking = False
        for true, event in self._wanted:
            if true():
                event.set()

    async def until(self, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something is true of what was taken."""
        event = asyncio.Event()
        entry = (true, event)
        self._wanted.append(entry)
        try:
            if not true():
                async with asyncio.timeout(patience):
                    await event.wait()
        finally:
            self._wanted.remove(entry)

    def events(self) -> list[bytes]:
        """Return the events of a switch, without those that our own questions cause."""
        return self._events

    def own(self, name: str) -> list[bytes]:
        """Return the own events of a subclass."""
        return [term for term in self._own if header(term, b"Event-Subclass") == name.encode()]

    async def wait_own(self, name: str, count: int = 1, patience: float = PATIENCE) -> bytes:
        """Wait for the count-th own event of a subclass."""
        await self.until(lambda: len(self.own(name)) >= count, patience)
        return self.own(name)[count - 1]


def is_own(term: bytes) -> bool:
    """Say whether Harmony made the event."""
    return (header(term, b"Event-Subclass") or b"").startswith(b"harmony::")


def is_ours(term: bytes) -> bool:
    """Say whether an event only tells of a command of ours to the C node."""
    return header(term, b"Event-Name") == b"API" and header(term, b"Event-Calling-File") == b"cnode.c"


class Joined:
    """A session under its supervisor, with its sink."""

    def __init__(self, node: Node, session: SwitchSession, sink: Sink) -> None:
        self.session, self.sink = session, sink
        self.commands: Commands = session.commands
        self.listening = Commands(node, session.switch)
        """on the link of the events: what changes its subscription"""
        self.task = asyncio.create_task(Supervisor(session, first=0.125).run())

    async def stop(self) -> None:
        """Stop as the bridge does."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def join() -> AsyncIterator[Callable[..., Awaitable[Joined]]]:
    """Join a node to a switch: ``await join(node, "freeswitch@127.0.0.1")``."""
    joined: list[Joined] = []

    async def start(node: Node, switch: str, wait: bool = True, **options: object) -> Joined:
        sink = Sink()
        session = SwitchSession(node, switch, sink, **options)  # type: ignore[arg-type]
        one = Joined(node, session, sink)
        joined.append(one)
        if wait:
            async with asyncio.timeout(PATIENCE):
                await session.joined.wait()
        return one

    yield start
    for one in joined:
        await one.stop()


async def eventually(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Look again and again until something is true that nobody announces."""
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def events_of(scenario: str) -> list[bytes]:
    """Return the events of a recorded scenario, as they came."""
    return [record.term for record in read_capture(CAPTURES / scenario / "events.etf.gz") if is_event(record.term)]


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[[str], Path]:
    """Unpack a scenario's events for the C node, which reads no gzip."""

    def unpack(scenario: str) -> Path:
        path = tmp_path / f"{scenario}.etf"
        if not path.exists():
            path.write_bytes(gzip.decompress((CAPTURES / scenario / "events.etf.gz").read_bytes()))
        return path

    return unpack


@pytest.fixture
async def start_bridge(epmd_port: int, tmp_path: Path) -> AsyncIterator[StartBridge]:
    """Run the bridge in this process: ``await start_bridge(dsn, switch.name)``, joined when it returns."""
    stop = asyncio.Event()
    running: list[tuple[asyncio.Task[None], LogWriter]] = []

    async def start(
        dsn: str,
        *switches: str,
        name: str = "harmony@127.0.0.1",
        commands: bool = False,
        registry: LiveRegistry | None = None,
        **options: int,
    ) -> BridgeService:
        writer = LogWriter(dsn, tmp_path / f"spool-{len(running)}", node=name, **options)  # type: ignore[arg-type]
        writer.start()
        with EventLog(dsn) as log:
            remembered = recall(log, switches)
        node = Node(name, COOKIE, epmd_port=epmd_port)
        service = BridgeService(
            node,
            [Switch(node=switch) for switch in switches],
            writer,
            remembered=remembered,
            commands=CommandStore(dsn) if commands else None,
            registry=registry,
        )
        running.append((asyncio.create_task(service.run(stop)), writer))
        async with asyncio.timeout(PATIENCE):
            for session in service.sessions:
                await session.joined.wait()
        return service

    yield start
    stop.set()
    await asyncio.gather(*(task for task, _ in running))
    for _, writer in running:
        assert await asyncio.to_thread(writer.stop, PATIENCE)
