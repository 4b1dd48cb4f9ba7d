"""Asking epmd where a node is, and telling it where we are. The registration lives as long as its socket."""

from __future__ import annotations

import asyncio
import os
import struct
from typing import Final

from bridge.epmd import protocol
from bridge.epmd.protocol import EpmdMalformed, Registered
from bridge.errors import EpmdUnreachable, ForeignPeer, NameTaken
from core.numbers import number

DEFAULT_PORT: Final = 4369
_SECONDS: Final = 5.0
# All names of a host in one answer: thousands of nodes fit.
_LONGEST_NAMES: Final = 1024 * 1024


def environment_port() -> int:
    """ERL_EPMD_PORT, as every Erlang tool reads it."""
    return number(os.environ.get("ERL_EPMD_PORT"), 65_535) or DEFAULT_PORT


def environment_address() -> str:
    """Where the epmd of this host listens: the first of ERL_EPMD_ADDRESS, else the loopback."""
    return os.environ.get("ERL_EPMD_ADDRESS", "").split(",")[0].strip() or "127.0.0.1"


async def lookup(name: str, host: str, port: int) -> Registered | None:
    """Where the node `name` (without its host) listens on `host`; None if epmd there does not know it."""
    body = await _ask(host, port, protocol.build_port_please(name), protocol.LONGEST)
    try:
        return protocol.parse_port_reply(body)
    except EpmdMalformed:
        raise _foreign(host, port) from None


async def names(host: str, port: int) -> list[tuple[str, int]]:
    """All nodes of a host with their ports, for diagnosis."""
    body = await _ask(host, port, protocol.build_names(), _LONGEST_NAMES)
    try:
        return protocol.parse_names_reply(body)
    except EpmdMalformed:
        raise _foreign(host, port) from None


class Registration:
    """Our entry in epmd's list, held by an open socket. `creation` is the number of this life of the node."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, creation: int) -> None:
        self._reader = reader
        self._writer = writer
        self.creation = creation

    async def lost(self) -> None:
        """Return when epmd has died or dropped us."""
        try:
            while await self._reader.read(1024):
                pass
        except OSError:
            pass

    def close(self) -> None:
        self._writer.close()


async def register(node: Registered, host: str, port: int) -> Registration:
    """Enter the node into the list of the epmd at host:port."""
    reader, writer = await _open(host, port)
    try:
        async with asyncio.timeout(_SECONDS):
            writer.write(protocol.build_alive(node))
            head = await reader.readexactly(2)
            if head[0] == protocol.ALIVE2_X_RESP:
                (creation,) = struct.unpack(">I", await reader.readexactly(4))
            elif head[0] == protocol.ALIVE2_RESP:
                (creation,) = struct.unpack(">H", await reader.readexactly(2))
            else:
                raise _foreign(host, port)
        if head[1]:
            raise NameTaken(
                f"The node name {node.name} is taken on this host (epmd at {host}:{port} has it): "
                "stop the other node, or give this one another name"
            )
        return Registration(reader, writer, creation)
    except (OSError, EOFError, TimeoutError) as error:
        writer.close()
        raise _unreachable(host, port, error) from None
    except BaseException:
        writer.close()
        raise


async def _open(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(_SECONDS):
            return await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise _unreachable(host, port, error) from None


async def _ask(host: str, port: int, request: bytes, longest: int) -> bytes:
    reader, writer = await _open(host, port)
    answer = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            writer.write(request)
            while len(answer) < longest and (part := await reader.read(4096)):
                answer += part
    except (OSError, TimeoutError) as error:
        raise _unreachable(host, port, error) from None
    finally:
        writer.close()
    return bytes(answer)


def _unreachable(host: str, port: int, error: BaseException) -> EpmdUnreachable:
    why = "it does not answer" if isinstance(error, TimeoutError | EOFError) else str(error)
    return EpmdUnreachable(
        f"No epmd at {host}:{port} ({why}): start epmd there, let its port through, or set ERL_EPMD_PORT to where it is"
    )


def _foreign(host: str, port: int) -> ForeignPeer:
    return ForeignPeer(f"What listens at {host}:{port} is no epmd: stop it, or set ERL_EPMD_PORT to where epmd is")
