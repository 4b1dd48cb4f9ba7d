"""The small epmd of our own: registrations live as long as their socket, and strangers do it no harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge import epmd
from bridge.epmd import EpmdServer, Registered
from bridge.errors import EpmdUnreachable, ForeignPeer, NameTaken
from tests.fix_erlang import until

pytestmark = pytest.mark.erlang
HOST = "127.0.0.1"


@pytest.fixture
async def server() -> AsyncIterator[EpmdServer]:
    server = EpmdServer()
    await server.start(HOST, 0)
    yield server
    await server.stop()


async def test_registers_finds_and_forgets(server: EpmdServer) -> None:
    one = await epmd.register(Registered("one", 1001), HOST, server.port)
    two = await epmd.register(Registered("two", 1002), HOST, server.port)
    assert one.creation != two.creation
    assert await epmd.names(HOST, server.port) == [("one", 1001), ("two", 1002)]
    assert await epmd.lookup("two", HOST, server.port) == Registered("two", 1002)
    assert await epmd.lookup("three", HOST, server.port) is None
    with pytest.raises(NameTaken):
        await epmd.register(Registered("one", 1003), HOST, server.port)
    one.close()
    await until(lambda: "one" not in server.nodes)
    again = await epmd.register(Registered("one", 1004), HOST, server.port)
    assert await epmd.lookup("one", HOST, server.port) == Registered("one", 1004)
    for registration in (again, two):
        registration.close()
    await until(lambda: not server.nodes)


@pytest.mark.parametrize(
    "request_", [b"", b"\0", b"\0\0", b"\xff\xff", b"\0\1k", b"\0\1s", b"\0\3xab", b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_strangers(server: EpmdServer, request_: bytes) -> None:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(request_)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert await epmd.names(HOST, server.port) == []


async def test_its_end_is_noticed() -> None:
    server = EpmdServer()
    await server.start(HOST, 0)
    registration = await epmd.register(Registered("one", 1), HOST, server.port)
    await server.stop()
    await registration.lost()
    registration.close()
    with pytest.raises(EpmdUnreachable, match="start epmd there"):
        await epmd.lookup("one", HOST, server.port)


async def test_something_else_on_its_port() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(2)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ForeignPeer, match="is no epmd"):
        await epmd.lookup("one", HOST, port)
    with pytest.raises(ForeignPeer, match="is no epmd"):
        await epmd.register(Registered("one", 1), HOST, port)
    server.close()
    await server.wait_closed()


async def test_those_who_ask_nothing_keep_nobody_from_asking(
    server: EpmdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only so many may wait; nodes that are registered do not count among them, and stay."""
    monkeypatch.setattr("bridge.epmd.server.MOST_WAITING", 8)
    kept = [await epmd.register(Registered(f"n{number}", 1), HOST, server.port) for number in range(12)]
    silent = [await asyncio.open_connection(HOST, server.port) for _ in range(20)]
    assert await epmd.lookup("n11", HOST, server.port) == Registered("n11", 1)
    assert [await reader.read() for reader, _ in silent[:10]] == [b""] * 10
    assert len(await epmd.names(HOST, server.port)) == 12
    for _, writer in silent:
        writer.close()
    for registration in kept:
        registration.close()
    await until(lambda: not server.nodes and not server._tasks)
