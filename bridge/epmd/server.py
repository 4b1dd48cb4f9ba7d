"""A small epmd for hosts without Erlang: registrations, look-ups, names. It lives inside the node that needed it first.

Killing and stopping by message, which the real one knows, are left out: nobody should be able to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections.abc import Sequence
from typing import Final

from bridge.epmd import protocol
from bridge.epmd.protocol import EpmdMalformed, Registered

# A host has some dozens of nodes; this many open sockets is someone's mistake, and must not take ours.
MOST_NODES: Final = 1_024
# Who has asked nothing yet may not keep others from asking: past this the oldest is closed.
MOST_WAITING: Final = 256
PATIENCE: Final = 10.0


class EpmdServer:
    """The port mapper of this host while it runs."""

    def __init__(self) -> None:
        self.nodes: dict[str, Registered] = {}
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[asyncio.Task[None], None] = {}
        """those who have not asked yet, in order of their coming"""
        self._creation = secrets.randbelow(1 << 31)

    async def start(self, host: str | Sequence[str], port: int) -> None:
        """Listen; `OSError` if the port is taken, which means that an epmd came up meanwhile."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=protocol.LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if len(self._waiting) >= MOST_WAITING:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.cancel()
        self._waiting[task] = None
        try:
            await self._serve(task, reader, writer)
        except (OSError, EOFError, TimeoutError, EpmdMalformed, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._waiting.pop(task, None)
            writer.close()

    async def _serve(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async with asyncio.timeout(PATIENCE):  # for the answer, too: whoever does not read it holds it
            size = int.from_bytes(await reader.readexactly(2), "big")
            if not 0 < size <= protocol.LONGEST:
                return
            body = await reader.readexactly(size)
            match body[0]:
                case protocol.ALIVE2_REQ if _local(writer) and len(self.nodes) < MOST_NODES:
                    node = protocol.parse_alive(body)
                    if not self._enter(node, writer):
                        return
                case protocol.PORT2_REQ:
                    writer.write(protocol.build_port_reply(self.nodes.get(body[1:].decode("utf-8", "replace"))))
                    await writer.drain()
                    return
                case protocol.NAMES_REQ:
                    writer.write(protocol.build_names_reply(self.port, list(self.nodes.values())))
                    await writer.drain()
                    return
                case _:
                    return
        self._waiting.pop(task, None)
        try:
            while await reader.read(1024):
                pass
        finally:
            del self.nodes[node.name]

    def _enter(self, node: Registered, writer: asyncio.StreamWriter) -> bool:
        """Answer a registration, and say whether it holds."""
        taken = node.name in self.nodes
        self._creation = self._creation % 0xFFFF_FFFE + 1
        writer.write(protocol.build_alive_reply(taken, self._creation))
        if not taken:
            self.nodes[node.name] = node
        return not taken


def _local(writer: asyncio.StreamWriter) -> bool:
    """Only this host's own nodes may register."""
    peer, here = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
    return peer[0] == here[0] or ipaddress.ip_address(peer[0].partition("%")[0]).is_loopback
