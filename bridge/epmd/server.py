"""A small epmd for hosts without Erlang: registrations, look-ups, names. It lives inside the node that needed it first.

Killing and stopping by message, which the real one knows, are left out: nobody should be able to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from typing import Final

from bridge.epmd import protocol
from bridge.epmd.protocol import EpmdMalformed, Registered

# A host has some dozens of nodes; this many open sockets is someone's mistake, and must not take ours.
_MOST_CLIENTS: Final = 1_024
_PATIENCE: Final = 10.0


class EpmdServer:
    """The port mapper of this host while it runs."""

    def __init__(self) -> None:
        self.nodes: dict[str, Registered] = {}
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._creation = secrets.randbelow(1 << 31)

    async def start(self, host: str, port: int) -> None:
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
        try:
            if len(self._tasks) <= _MOST_CLIENTS:
                await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, EpmdMalformed, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE):
            size = int.from_bytes(await reader.readexactly(2), "big")
            if not 0 < size <= protocol.LONGEST:
                return
            body = await reader.readexactly(size)
        match body[0]:
            case protocol.ALIVE2_REQ if _local(writer):
                await self._keep(protocol.parse_alive(body), reader, writer)
            case protocol.PORT2_REQ:
                writer.write(protocol.build_port_reply(self.nodes.get(body[1:].decode("utf-8", "replace"))))
                await writer.drain()
            case protocol.NAMES_REQ:
                writer.write(protocol.build_names_reply(self.port, list(self.nodes.values())))
                await writer.drain()
            case _:
                pass

    async def _keep(self, node: Registered, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = node.name in self.nodes
        self._creation = self._creation % 0xFFFF_FFFE + 1
        writer.write(protocol.build_alive_reply(taken, self._creation))
        await writer.drain()
        if taken:
            return
        self.nodes[node.name] = node
        try:
            while await reader.read(1024):
                pass
        finally:
            del self.nodes[node.name]


def _local(writer: asyncio.StreamWriter) -> bool:
    """Only this host's own nodes may register."""
    peer, here = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
    return peer[0] == here[0] or ipaddress.ip_address(peer[0].partition("%")[0]).is_loopback
