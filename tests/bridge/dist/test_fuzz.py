"""Any bytes at any moment: an event, "more please", or a RemoteProtocolError; never another exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dist import NEED_DATA, Connection, Ended, NameReceived, RemoteProtocolError, State, Status
from bridge.dist import control as controls
from bridge.dist.connection import Connection as Up
from bridge.term import Atom, Pid, encode
from tests.bridge.dist.wire import COOKIE, A, B, Pair

pytestmark = pytest.mark.pure

ME, YOU = Pid(Atom("a@host"), 1, 0, 11), Pid(Atom("b@host"), 1, 0, 22)


def pour(connection: Connection, data: bytes, size: int) -> None:
    """Feed in pieces, follow the connection's wishes, then end the stream."""
    try:
        for start in range(0, len(data), size):
            connection.receive_data(data[start : start + size], 0)
            while (event := connection.next_event()) is not NEED_DATA:
                if isinstance(event, NameReceived):
                    connection.accept(Status.OK, cookie=COOKIE, challenge=1)
                if connection.state is State.ASKED_ALIVE:
                    connection.insist(True)
        connection.receive_eof()
        while (event := connection.next_event()) is not NEED_DATA:
            if isinstance(event, NameReceived):
                connection.refuse(Status.NOT_ALLOWED)
            if connection.state is State.ASKED_ALIVE:
                connection.insist(False)
            assert not isinstance(event, Ended) or connection.state is State.CLOSED
    except RemoteProtocolError as error:
        explained = bool(error.hint and str(error))
        assert explained, error.code  # noqa: PT017  (most bytes are no error)
    assert connection.state is State.CLOSED
    connection.data_to_send()


SIZES = st.sampled_from([1, 2, 5, 1000])


@given(st.binary(max_size=200), SIZES)
def test_any_bytes_to_the_acceptor(data: bytes, size: int) -> None:
    pour(Connection.acceptor(B, now=0), data, size)


@given(st.binary(max_size=200), SIZES)
def test_any_bytes_to_the_initiator(data: bytes, size: int) -> None:
    pour(Connection.initiator(A, "b@host", cookie=COOKIE, challenge=7, now=0), data, size)


def conversation() -> tuple[bytes, bytes]:
    """All the bytes of a good handshake, by direction, with some messages behind."""
    pair = Pair()
    streams = {"left": b"", "right": b""}
    carry = pair.carry

    def noting(side: str, data: bytes) -> object:
        streams[side] += data
        return carry(side, data)

    pair.carry = noting  # type: ignore[method-assign,assignment]
    pair.run()
    for control in (controls.Link(ME, YOU), controls.UnlinkId(1, ME, YOU), controls.Exit(ME, YOU, Atom("x"))):
        streams["right"] += pair.left.send(control)
    streams["right"] += pair.left.send(controls.Send(YOU), encode([1, 2])) * 3 + b"\0\0\0\0"
    return streams["left"], streams["right"]


TO_LEFT, TO_RIGHT = conversation()


@given(st.data(), SIZES)
def test_a_good_conversation_with_bytes_changed(data: st.DataObject, size: int) -> None:
    for connection, stream in (
        (Connection.initiator(A, "b@host", cookie=COOKIE, challenge=7, now=0), TO_LEFT),
        (Connection.acceptor(B, now=0), TO_RIGHT),
    ):
        broken = bytearray(stream)
        for _ in range(data.draw(st.integers(0, 4))):
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(broken)))
        pour(connection, bytes(broken[:cut]), size)


@given(st.lists(st.binary(max_size=60), max_size=6), st.booleans(), SIZES)
def test_any_frames_once_up(frames: list[bytes], good_start: bool, size: int) -> None:
    pair = Pair().run()
    up: Up = pair.right
    prefix = b"p\x83" if good_start else b""
    pour(up, b"".join(len(prefix + frame).to_bytes(4, "big") + prefix + frame for frame in frames), size)


def test_a_hundred_thousand_tiny_reads_of_one_large_frame() -> None:
    """Linear: quadratic copying would take minutes here."""
    pair = Pair().run()
    message = bytes(3_000_000)
    frame = pair.left.send(controls.Send(YOU), message)
    for start in range(0, len(frame), 30):
        pair.right.receive_data(frame[start : start + 30], 0)
        event = pair.right.next_event()
    assert event is not NEED_DATA
