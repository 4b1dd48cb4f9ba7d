"""Cutting streams into frames: any pieces, large frames, bounded memory, linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dist.frames import FrameBuffer
from bridge.errors import RemoteProtocolError

pytestmark = pytest.mark.pure


def drain(frames: FrameBuffer) -> list[bytes]:
    found = []
    while (span := frames.next()) is not None:
        found.append(bytes(frames.view[span[0] : span[1]]))
    return found


@given(st.lists(st.binary(max_size=300), max_size=30), st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_any_cutting_of_the_stream_gives_the_same_frames(frames: list[bytes], sizes: list[int]) -> None:
    buffer = FrameBuffer(4, 1000)
    stream = b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)
    found, pos, turn = [], 0, 0
    while pos < len(stream):
        size = sizes[turn % len(sizes)]
        buffer.feed(stream[pos : pos + size])
        pos, turn = pos + size, turn + 1
        found += drain(buffer)
    assert found == frames


def test_a_frame_larger_than_the_buffer_grows_it_and_gives_it_back() -> None:
    buffer = FrameBuffer(4, 10_000_000)
    usual = len(buffer.data)
    large = bytes(range(256)) * 20_000
    stream = len(large).to_bytes(4, "big") + large + b"\0\0\0\1x"
    found = []
    for start in range(0, len(stream), 4096):
        buffer.feed(stream[start : start + 4096])
        found += drain(buffer)
    assert found == [large, b"x"]
    assert len(buffer.data) > usual
    buffer.room()
    assert len(buffer.data) == usual


def test_an_announced_length_takes_no_memory() -> None:
    buffer = FrameBuffer(4, 1 << 30)
    before = len(buffer.data)
    buffer.feed((1 << 30).to_bytes(4, "big") + bytes(1000))
    assert buffer.next() is None
    assert len(buffer.room()) > 0
    assert len(buffer.data) == before


def test_too_long_a_frame_is_refused_by_its_length() -> None:
    buffer = FrameBuffer(2, 10)
    buffer.feed(b"\0\x0a")
    assert buffer.next() is None
    other = FrameBuffer(2, 10)
    other.feed(b"\0\x0b")
    with pytest.raises(RemoteProtocolError, match="11 bytes, over the limit of 10"):
        other.next()


def test_the_length_of_the_length_changes_between_two_frames() -> None:
    buffer = FrameBuffer(2, 100)
    buffer.feed(b"\0\1a\0\0\0\1b")
    span = buffer.next()
    assert span is not None
    assert bytes(buffer.view[slice(*span)]) == b"a"
    buffer.switch(4, 100)
    assert drain(buffer) == [b"b"]


def test_bytes_that_a_socket_puts_into_the_room() -> None:
    buffer = FrameBuffer(4, 100)
    room = buffer.room()
    room[:6] = b"\0\0\0\2ab"
    buffer.filled(6)
    assert buffer.peek() == b"\0\0\0\2ab"
    assert drain(buffer) == [b"ab"]
