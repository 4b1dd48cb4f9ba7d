"""Connections in all and of one client: who waits longest makes room, and who asks is answered."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from api.http.door import Bounds
from api.http.door.clients import UNKNOWN, Proxies, counted
from tests.api.conftest import until
from tests.api.http.door.wire import Door, door, rest

pytestmark = pytest.mark.http
ASK = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SLOW = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
SOCKET = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.mark.parametrize("half", [b"", b"GET / HT", SLOW])
@pytest.mark.parametrize("bounds", [Bounds(connections_each=5), Bounds(connections=5, proxies=["127.0.0.0/8"])])
def test_who_waits_longest_makes_room(half: bytes, bounds: Bounds) -> None:
    with door(bounds) as opened, contextlib.ExitStack() as stack:
        held: list[socket.socket] = []
        for _ in range(20):
            client = stack.enter_context(opened.dial())
            client.sendall(half)
            held.append(client)
        assert opened.ask(ASK).startswith(b"HTTP/1.1 200")
        for client in held[:10]:
            assert rest(client) == b""
        assert len(opened.places) <= 5
        assert opened.places.driven_out >= 15


def test_who_is_being_served_is_not_driven_out() -> None:
    with door(Bounds(connections_each=3)) as opened, contextlib.ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(opened.dial())
            client.sendall(SOCKET)
            assert b"101" in client.recv(65536)
        answer = opened.ask(ASK)
        assert answer == b"" or b"3 connections from your address" in answer
        assert opened.places.refused == 1
        stack.close()
        until(lambda: len(opened.places) == 0 or None, "that they are gone")
        assert opened.ask(ASK).startswith(b"HTTP/1.1 200")


def test_the_clients_of_a_proxy_are_not_one_client() -> None:
    with door(Bounds(connections_each=2, proxies=["127.0.0.1"])) as opened, contextlib.ExitStack() as stack:
        for _ in range(6):
            client = stack.enter_context(opened.dial())
            client.sendall(SOCKET)
            assert b"101" in client.recv(65536)
        assert opened.ask(ASK).startswith(b"HTTP/1.1 200")


def test_nobody_is_left_in_the_account(door_of_many: Door) -> None:
    for half in (b"", b"GET", SLOW, SOCKET, ASK):
        with door_of_many.dial() as client:
            client.sendall(half)
    until(lambda: len(door_of_many.places) == 0 or None, "that nobody is left")
    assert not door_of_many.places._waiting
    assert not door_of_many.places._clients


@pytest.fixture
def door_of_many() -> Iterator[Door]:
    with door(Bounds()) as opened:
        yield opened


def test_by_what_somebody_is_counted() -> None:
    assert counted("192.0.2.7") == counted("::ffff:192.0.2.7") == "192.0.2.7"
    assert counted("2001:db8:1:2::1") == counted("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert counted("fe80::1%eth0") == "fe80::/64"
    assert counted("x" * 10_000) == counted("") == UNKNOWN
    trusted = Proxies(["10.0.0.0/24", "::1"])
    assert "10.0.0.9" in trusted
    assert "::ffff:10.0.0.9" in trusted
    assert "::1" in trusted
    assert "10.0.1.9" not in trusted
    assert "nonsense" not in trusted
