"""The distribution protocol by rule: what goes in, what must come out; the name says which rule broke.

Whole conversations are in test_connection; here each line is one rule of bridge/dist/states.py, of the ticker or of
the frames, alone.
"""

from __future__ import annotations

import pytest

from bridge.dist import TRANSITIONS, State, Trigger
from bridge.dist.frames import FrameBuffer
from bridge.dist.ticker import Ticker
from bridge.errors import RemoteProtocolError

pytestmark = pytest.mark.pure

S, T = State, Trigger
WAYS: dict[str, tuple[State, list[Trigger], State]] = {
    "the plain handshake of who connects": (S.NEW, [T.SEND_NAME, T.GET_OK, T.GET_CHALLENGE, T.GET_ACK], S.UP),
    "the plain handshake of who is connected to": (S.WAIT_NAME, [T.GET_NAME, T.SEND_OK, T.GET_REPLY], S.UP),
    "an old name is completed before it proves": (
        S.WAIT_NAME,
        [T.GET_NAME, T.SEND_OK_OLD, T.GET_COMPLEMENT, T.GET_REPLY],
        S.UP,
    ),
    "an old link is left when the peer insists": (
        S.WAIT_NAME,
        [T.GET_NAME, T.SEND_ALIVE, T.GET_TRUE, T.GET_REPLY],
        S.UP,
    ),
    "an old link is left when a peer with an old name insists": (
        S.WAIT_NAME,
        [T.GET_NAME, T.SEND_ALIVE, T.GET_TRUE_OLD, T.GET_COMPLEMENT, T.GET_REPLY],
        S.UP,
    ),
    "an old link stays when the peer does not insist": (
        S.WAIT_NAME,
        [T.GET_NAME, T.SEND_ALIVE, T.GET_FALSE],
        S.CLOSED,
    ),
    "who connects insists": (
        S.NEW,
        [T.SEND_NAME, T.GET_ALIVE, T.SEND_TRUE, T.GET_CHALLENGE, T.GET_ACK],
        S.UP,
    ),
    "who connects does not insist": (S.NEW, [T.SEND_NAME, T.GET_ALIVE, T.SEND_FALSE], S.CLOSED),
    "nok ends an attempt": (S.NEW, [T.SEND_NAME, T.GET_REFUSAL], S.CLOSED),
    "a name may be refused before anything is proven": (S.WAIT_NAME, [T.GET_NAME, T.SEND_REFUSAL], S.CLOSED),
    "an end from anywhere, once it is up too": (
        S.NEW,
        [T.SEND_NAME, T.GET_OK, T.GET_CHALLENGE, T.GET_ACK, T.FAIL],
        S.CLOSED,
    ),
}
FORBIDDEN: dict[str, tuple[State, Trigger]] = {
    "no proof is taken before the challenge was sent": (S.NAMED, T.GET_REPLY),
    "no link is up by a name alone": (S.WAIT_NAME, T.GET_REPLY),
    "the challenge is not skipped": (S.WAIT_STATUS, T.GET_ACK),
    "a second name is not heard": (S.WAIT_REPLY, T.GET_NAME),
    "an old name does not prove before it is complete": (S.WAIT_COMPLEMENT, T.GET_REPLY),
    "nothing of a handshake is heard once it is up": (S.UP, T.GET_NAME),
    "nothing leads out of the end": (S.CLOSED, T.SEND_NAME),
}


@pytest.mark.parametrize("rule", WAYS)
def test_the_way_of(rule: str) -> None:
    state, triggers, end = WAYS[rule]
    for trigger in triggers:
        state = TRANSITIONS[state, trigger]
    assert state is end


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_forbidden(rule: str) -> None:
    assert FORBIDDEN[rule] not in TRANSITIONS


def test_the_cookie_is_proven_on_every_way_to_up() -> None:
    assert {trigger for (_, trigger), end in TRANSITIONS.items() if end is State.UP} == {
        Trigger.GET_ACK,
        Trigger.GET_REPLY,
    }


# Ticks: a tick time of 60 s, so that a quarter is 15 and the end is at 75. (seconds, what is done then)
Act = tuple[float, str]
TICKS: dict[str, tuple[list[Act], float, bool, bool]] = {
    # rule: (what went before, now, a tick is due, the peer is given up)
    "nothing is due at first": ([], 14.9, False, False),
    "silence of ours makes a tick": ([], 15.0, True, False),
    "what was written is as good as a tick": ([(5, "wrote")], 15.0, False, False),
    "...once": ([(5, "wrote"), (15, "due")], 30.0, True, False),
    "a tick of ours is no writing": ([(15, "due")], 30.0, True, False),
    "a silent peer is borne so long": ([(60, "due")], 74.9, False, False),
    "...and no longer": ([(60, "due")], 75.0, True, True),
    "whoever was heard has all of it again": ([(70, "heard"), (74, "due")], 144.9, True, False),
    "we do not listen, so that silence is ours": ([(1, "pause")], 500.0, True, False),
    "from when we listen again it counts": ([(1, "pause"), (500, "resume"), (500, "due")], 574.9, True, False),
    "...to the end": ([(1, "pause"), (500, "resume"), (500, "due")], 575.0, True, True),
}


@pytest.mark.parametrize("rule", TICKS)
def test_ticks(rule: str) -> None:
    acts, now, due, silent = TICKS[rule]
    ticker = Ticker(60, 0)
    for at, act in acts:
        match act:
            case "wrote":
                ticker.wrote()
            case "pause":
                ticker.pause()
            case "heard":
                ticker.heard(at)
            case "resume":
                ticker.resume(at)
            case "due":
                ticker.due(at)
    assert (ticker.silent(now) is not None) is silent
    assert ticker.due(now) is due


FRAMES: dict[str, tuple[list[bytes], list[bytes]]] = {
    # rule: (reads, frames)
    "a frame in one read": ([b"\0\2ab"], [b"ab"]),
    "a frame byte by byte": ([b"\0", b"\2", b"a", b"b"], [b"ab"]),
    "two frames in one read": ([b"\0\1a\0\1b"], [b"a", b"b"]),
    "a tick is a frame with nothing in it": ([b"\0\0\0\1a"], [b"", b"a"]),
    "a frame waits for its end": ([b"\0\3ab"], []),
    "half a length is no length": ([b"\0"], []),
    "the longest that is let in": ([b"\0\4abcd"], [b"abcd"]),
}


@pytest.mark.parametrize("rule", FRAMES)
def test_frames(rule: str) -> None:
    reads, frames = FRAMES[rule]
    buffer, found = FrameBuffer(2, 4), []
    for data in reads:
        buffer.feed(data)
        while (span := buffer.next()) is not None:
            found.append(bytes(buffer.view[span[0] : span[1]]))
    assert found == frames


def test_a_length_over_the_limit_is_refused_before_its_bytes_come() -> None:
    buffer = FrameBuffer(2, 4)
    buffer.feed(b"\0\5")
    with pytest.raises(RemoteProtocolError, match="5 bytes, over the limit of 4"):
        buffer.next()
