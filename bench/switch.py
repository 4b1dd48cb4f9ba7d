"""The C node on libei as a switch under load: built, started, told what to do, ended."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import corpus

DIRECTORY = Path(__file__).resolve().parent.parent / "tests" / "cnode"
NAME = "freeswitch@127.0.0.1"
COOKIE = "bench"


class CNode:
    """One C node. Commands go in, notices come out, as its README tells."""

    def __init__(self, process: asyncio.subprocess.Process, capture: Path) -> None:
        self._process = process
        self._capture = capture

    async def said(self, word: str) -> str:
        """Wait for the notice that begins with this word."""
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).decode().strip():
            if line.split()[0] == word:
                return line
        raise RuntimeError(f"The C node ended before it said {word!r}.")

    def tell(self, command: str) -> None:
        """Give a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")

    def flood(self, count: int, rate: int = 0) -> None:
        """Send fresh events of all recorded scenarios, ``rate`` a second (0: as fast as they are taken)."""
        self.tell(f"flood {self._capture} {count} {rate}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def build() -> None:
    """Compile the C node, where that was not done yet."""
    subprocess.run(["make", "-s", "-C", DIRECTORY, "cnode"], check=True, stdout=subprocess.DEVNULL)


@asynccontextmanager
async def cnode(epmd_port: int) -> AsyncIterator[CNode]:
    """A running C node, known to the epmd on this port. Its events are those of all scenarios of string encoding."""
    await asyncio.to_thread(build)
    with TemporaryDirectory(prefix="harmony-bench-") as directory:
        capture = Path(directory) / "events.etf"
        with capture.open("wb") as file:
            for scenario in corpus.scenarios():
                if "binary" not in scenario:
                    file.write(gzip.decompress(corpus.path(scenario).read_bytes()))
        process = await asyncio.create_subprocess_exec(
            DIRECTORY / "cnode",
            *("--name", NAME, "--cookie", COOKIE, "--bulk", "100"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "ERL_EPMD_PORT": str(epmd_port)},
        )
        node = CNode(process, capture)
        try:
            await node.said("ready")
            yield node
        finally:
            node.tell("quit")
            await process.wait()
