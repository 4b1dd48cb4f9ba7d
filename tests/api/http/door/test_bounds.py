"""What is taken of one connection: size and time of head and body, requests behind one another, WebSockets."""

import os
import struct
from collections.abc import Iterator

import pytest

from api.http.door import Bounds
from tests.api.conftest import until
from tests.api.http.door.wire import Door, door, rest

pytestmark = pytest.mark.http
LINE = b"GET / HTTP/1.1\r\nHost: x\r\n"
UPGRADE = (
    b"GET /%b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
def usual() -> Iterator[Door]:
    with door(Bounds()) as opened:
        yield opened


@pytest.fixture(scope="module")
def hasty() -> Iterator[Door]:
    """No time for anybody."""
    with door(Bounds(head_time=0.2, body_time=0.2, handshake_time=0.2)) as opened:
        yield opened


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_what_is_within_bounds_is_answered(usual: Door) -> None:
    assert status(usual.ask(LINE + b"Connection: close\r\n\r\n")) == 200
    large = LINE + b"Connection: close\r\nX: " + b"x" * (31 << 10) + b"\r\n\r\n"
    assert status(usual.ask(large)) == 200
    body = b"b" * (100 << 10)
    posted = usual.ask(
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    assert b"%d bytes" % len(body) in posted


def test_a_body_behind_a_long_head_is_not_counted_as_head(usual: Door) -> None:
    body = b"b" * (60 << 10)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: %b\r\nContent-Length: %d\r\n" % (
        b"x" * (31 << 10),
        len(body),
    )
    with usual.dial() as client:
        client.sendall(head)
        client.sendall(b"\r\n" + body)
        assert b"%d bytes" % len(body) in rest(client)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (LINE + b"X: " + b"x" * (4 << 20), 431),
        (LINE + b"X-%b: 1\r\n" % (b"x" * (4 << 20)), 431),
        (LINE + b"X: 1\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 18 + b"\r\n\r\n", 413),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;%b\r\nx\r\n" % (b"e" * 99) * 4000,
            413,
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
        (UPGRADE % b"" + b"X: " + b"x" * 8190 + b"\r\n\r\n", 431),
        (UPGRADE % b"" + b"Content-Length: 4\r\n\r\nbody", 400),
        ((UPGRADE % b"").replace(b"GET", b"POST") + b"\r\n", 400),
    ],
)
def test_what_is_beyond_them_gets_a_sentence_and_the_end(usual: Door, request_: bytes, expected: int) -> None:
    answer = usual.ask(request_)
    if answer:  # one who goes on sending may lose it
        assert status(answer) == expected
        assert b"application/problem+json" in answer
        assert b"connection: close" in answer
    else:
        assert len(request_) > 1 << 20
    assert status(usual.ask(LINE + b"Connection: close\r\n\r\n")) == 200
    until(lambda: len(usual.places) == 0 or None, "that nobody is left")


def test_what_is_too_slow_ends(hasty: Door) -> None:
    assert status(hasty.ask(LINE)) == 408
    assert status(hasty.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nb")) == 408
    assert hasty.ask(b"") == b""
    # An empty line before a request is allowed, and is no way to stay.
    with hasty.dial() as client:
        client.sendall(LINE + b"\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        client.sendall(b"\r\n")
        rest(client)
    # Answered before its body was there.
    answer = hasty.ask(b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nb")
    assert status(answer) == 200
    assert answer.count(b"HTTP/1.1") == 1
    until(lambda: len(hasty.places) == 0 or None, "that nobody is left")


def test_a_websocket_that_is_never_accepted_ends(hasty: Door) -> None:
    assert hasty.ask(UPGRADE % b"never" + b"\r\n") == b""
    until(lambda: len(hasty.places) == 0 or None, "that nobody is left")


def test_so_many_requests_may_wait_behind_one_another(usual: Door) -> None:
    request = LINE + b"\r\n"
    with usual.dial() as client:
        client.sendall(request * 8)
        got = b""
        while got.count(b"0 bytes") < 8:
            piece = client.recv(65536)
            assert piece
            got += piece
    assert usual.ask(request * 14_000).count(b"0 bytes") <= 9


def frame(opcode: int, payload: bytes, final: bool = True) -> bytes:
    mask = os.urandom(4)
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
    return bytes([(0x80 if final else 0) | opcode]) + length + mask + masked


@pytest.mark.parametrize(
    "garbage",
    [
        frame(1, b"x", final=False) + frame(0, b"", final=False) * 1000,
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(100),
        frame(3, b"reserved"),
        b"\x81\x05plain",
        frame(1, b"\xff\xfe"),
        frame(8, b"\x03"),
        os.urandom(5000) + b"\xff" * 20,
    ],
    ids=["endless message", "too long", "reserved", "not masked", "no text", "half a code", "noise"],
)
def test_a_websocket_that_talks_nonsense_ends(usual: Door, garbage: bytes) -> None:
    with usual.dial() as client:
        client.sendall(UPGRADE % b"" + b"\r\n")
        assert b"101" in client.recv(65536)
        client.sendall(garbage)
        client.shutdown(1)
        rest(client)
    until(lambda: len(usual.places) == 0 or None, "that nobody is left")


def test_pings_of_one_who_reads_nothing_are_not_kept(usual: Door) -> None:
    with usual.dial() as client:
        client.sendall(UPGRADE % b"" + b"\r\n")
        assert b"101" in client.recv(65536)
        pings = frame(9, b"p" * 125) * 1000
        for _ in range(100):  # 13 MB of answers, of which the kernel keeps some
            client.sendall(pings)
        (transport,) = list(usual.places._taken)
        assert transport.get_write_buffer_size() < 1 << 20
