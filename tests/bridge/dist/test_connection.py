"""The connection between two of its own kind: every way through the handshake, messages, signals, errors with hints."""

from __future__ import annotations

import pytest

from bridge.dist import (
    NEED_DATA,
    OURS,
    Connection,
    Ended,
    Established,
    Flag,
    Identity,
    LocalProtocolError,
    Message,
    NameReceived,
    RemoteProtocolError,
    Signal,
    State,
    Status,
)
from bridge.dist import control as controls
from bridge.term import Atom, Pid, Ref, encode
from tests.bridge.dist.wire import COOKIE, A, B, Pair

pytestmark = pytest.mark.pure

ME = Pid(Atom("a@host"), 1, 0, 11)
YOU = Pid(Atom("b@host"), 1, 0, 22)
REF = Ref(Atom("a@host"), 11, (1, 2, 3))
HELLO = encode(Atom("hello"))


@pytest.mark.parametrize("chunk", [1, 3, 1_000_000])
@pytest.mark.parametrize("length_size", [2, 4])
@pytest.mark.parametrize("version", [6, 5])
@pytest.mark.parametrize("status", [Status.OK, Status.OK_SIMULTANEOUS, Status.ALIVE])
def test_comes_up(status: Status, version: int, length_size: int, chunk: int) -> None:
    pair = Pair(status=status, version=version, length_size=length_size, chunk=chunk).run()
    assert pair.events["left"][-1] == Established("b@host", OURS, 22)
    assert pair.events["right"][-1] == Established("a@host", OURS, 11)
    assert (pair.left.state, pair.right.state) == (State.UP, State.UP)
    assert pair.carry("right", pair.left.send(controls.Send(YOU), HELLO)) == [Message(controls.Send(YOU), HELLO)]
    assert pair.carry("left", pair.right.send(controls.RegSend(YOU, Atom("me")), HELLO)) == [
        Message(controls.RegSend(YOU, Atom("me")), HELLO)
    ]


def test_an_old_name_without_handshake_23_gets_an_old_challenge() -> None:
    """OTP 22: version 5, no complement to wait for."""
    old = Identity("a@host", 11, (OURS & ~Flag.HANDSHAKE_23 & ~Flag.MANDATORY_25_DIGEST) & Flag(0xFFFFFFFF))
    pair = Pair(left=old, version=5).run()
    assert pair.events["right"][-1] == Established("a@host", old.flags, None)
    assert pair.left.state is State.UP


def test_the_old_name_is_completed() -> None:
    pair = Pair(version=5).run()
    assert pair.right.peer_flags == OURS
    assert pair.right.peer_flags & Flag.V4_NC


def test_alive_can_be_withdrawn() -> None:
    pair = Pair(status=Status.ALIVE, answer=False).run()
    assert (pair.left.state, pair.right.state) == (State.CLOSED, State.CLOSED)


@pytest.mark.parametrize(("status", "code"), [(Status.NOK, "simultaneous"), (Status.NOT_ALLOWED, "not-allowed")])
def test_refusals(status: Status, code: str) -> None:
    with pytest.raises(RemoteProtocolError, match="b@host") as caught:
        Pair(status=status).run()
    assert caught.value.code == code
    assert caught.value.hint


def test_the_acceptor_finds_a_wrong_cookie() -> None:
    pair = Pair(cookies=(b"one", b"two"))
    with pytest.raises(RemoteProtocolError, match="a@host answered our challenge with another cookie") as caught:
        pair.run()
    assert caught.value.code == "wrong-cookie"
    assert pair.right.state is State.CLOSED
    # All the other side gets to see is the end of the stream.
    pair.left.receive_eof()
    with pytest.raises(RemoteProtocolError, match="closed the connection when it saw our proof") as caught:
        pair.left.next_event()
    assert (caught.value.code, pair.left.state) == ("wrong-cookie", State.CLOSED)


def test_the_initiator_finds_a_wrong_cookie() -> None:
    pair = Pair()
    pair.carry("right", pair.left.data_to_send())
    pair.carry("left", pair.right.data_to_send())
    pair.left.data_to_send()
    with pytest.raises(RemoteProtocolError, match="proved another cookie") as caught:
        pair.carry("left", b"\0\x11a" + bytes(16))
    assert caught.value.code == "wrong-cookie"


def test_a_peer_without_what_we_need() -> None:
    poor = Identity("a@host", 11, Flag.EXT_REFS | Flag.HANDSHAKE_23)
    pair = Pair(left=poor)
    with pytest.raises(
        RemoteProtocolError, match=r"a@host lacks capabilities .*EXT_PIDS_PORTS.*BIG_CREATION"
    ) as caught:
        pair.run()
    assert caught.value.code == "flag-mismatch"
    assert pair.right.data_to_send().endswith(b"snot_allowed")
    with pytest.raises(RemoteProtocolError, match="b@host lacks"):
        Pair(right=Identity("b@host", 22, Flag(0))).run()


def test_another_node_than_expected() -> None:
    pair = Pair()
    pair.left = Connection.initiator(A, "c@host", cookie=COOKIE, challenge=7, now=0)
    with pytest.raises(RemoteProtocolError, match="b@host answers where c@host should be"):
        pair.run()


@pytest.mark.parametrize(
    "junk", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\5xhello", b"\0\2N\0", b"\xff" * 40, b"\0\0\0"]
)
def test_peers_that_speak_something_else(junk: bytes) -> None:
    for connection in (
        Connection.acceptor(B, now=0),
        Connection.initiator(A, "b@host", cookie=b"", challenge=1, now=0),
    ):
        connection.receive_data(junk, 0)
        connection.receive_eof()
        with pytest.raises(RemoteProtocolError) as caught:
            connection.next_event()
        assert caught.value.code in ("foreign-peer", "frame-too-large")
        assert connection.state is State.CLOSED


def test_a_name_that_is_none() -> None:
    for raw in (b"nohost", b"@h", b"a@", b"a\nb@host", b"a@b" + b"c" * 300):
        connection = Connection.acceptor(B, now=0)
        data = b"N" + bytes(12) + len(raw).to_bytes(2, "big") + raw
        connection.receive_data(len(data).to_bytes(2, "big") + data, 0)
        with pytest.raises(RemoteProtocolError, match="is no node name"):
            connection.next_event()


def test_a_node_that_wants_a_name_of_us_is_told_apart() -> None:
    connection = Connection.acceptor(B, now=0)
    data = b"N" + int(Flag.NAME_ME).to_bytes(8, "big") + bytes(4) + b"\0\0"
    connection.receive_data(len(data).to_bytes(2, "big") + data, 0)
    assert connection.next_event() == NameReceived("", Flag.NAME_ME)
    connection.refuse(Status.NOT_ALLOWED)
    assert connection.data_to_send() == b"\0\x0csnot_allowed"


def test_bytes_behind_a_handshake_message_are_ignored() -> None:
    pair = Pair()
    name = pair.left.data_to_send()
    longer = (len(name) - 2 + 5).to_bytes(2, "big") + name[2:] + b"extra"
    pair.carry("right", longer)
    assert pair.events["right"] == [NameReceived("a@host", OURS)]


def test_the_time_for_the_handshake_is_limited() -> None:
    for connection in (
        Connection.acceptor(B, now=100),
        Connection.initiator(A, "b@h", cookie=b"", challenge=1, now=100),
    ):
        assert connection.next_deadline() == 107
        connection.handle_timeout(106.9)
        with pytest.raises(RemoteProtocolError, match="within 7 s") as caught:
            connection.handle_timeout(107)
        assert caught.value.code == "setup-timeout"
        assert connection.next_deadline() is None


EVERY_SIGNAL = [
    controls.Link(ME, YOU),
    controls.Exit(ME, YOU, (Atom("why"), 1)),
    controls.Exit2(ME, YOU, Atom("kill")),
    controls.Unlink(ME, YOU),
    controls.UnlinkId(2**40, ME, YOU),
    controls.UnlinkIdAck(3, ME, YOU),
    controls.GroupLeader(ME, YOU),
    controls.MonitorP(ME, YOU, REF),
    controls.MonitorP(ME, Atom("name"), REF),
    controls.DemonitorP(ME, Atom("name"), REF),
    controls.MonitorPExit(Atom("name"), YOU, REF, Atom("noproc")),
    controls.SpawnReply(REF, YOU, 2, ME),
    controls.SpawnReply(REF, YOU, 0, Atom("notsup")),
]


@pytest.mark.parametrize("control", EVERY_SIGNAL, ids=lambda control: type(control).__name__)
def test_every_signal_arrives(control: controls.Control) -> None:
    pair = Pair(chunk=1).run()
    assert pair.carry("right", pair.left.send(control)) == [Signal(control)]
    with pytest.raises(LocalProtocolError, match="without"):
        pair.left.send(control, HELLO)


def test_a_spawn_request_arrives() -> None:
    pair = Pair().run()
    request = controls.SpawnRequest(REF, ME, ME, Atom("m"), Atom("f"), 1, (Atom("monitor"),))
    assert pair.carry("right", pair.left.send(request, HELLO)) == [Message(request, HELLO)]
    with pytest.raises(LocalProtocolError):
        pair.left.send(request)


@pytest.mark.parametrize(
    ("term", "control"),
    [
        ((12, Atom(""), YOU, []), controls.Send(YOU)),
        ((16, ME, Atom(""), Atom("n"), []), controls.RegSend(ME, Atom("n"))),
        ((22, ME, YOU), controls.Send(YOU, ME)),
        ((23, ME, YOU, 1), controls.Send(YOU, ME)),
    ],
)
def test_messages_with_a_sender_or_a_trace_token(term: tuple[object, ...], control: controls.Control) -> None:
    pair = Pair().run()
    frame = b"p" + encode(term) + HELLO  # type: ignore[arg-type]
    assert pair.carry("right", len(frame).to_bytes(4, "big") + frame) == [Message(control, HELLO)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("term", "control"),
    [
        ((13, ME, YOU, [], Atom("x")), controls.Exit(ME, YOU, Atom("x"))),
        ((18, ME, YOU, [], Atom("x")), controls.Exit2(ME, YOU, Atom("x"))),
        ((32, REF, YOU, 1, ME, []), controls.SpawnReply(REF, YOU, 1, ME)),
        ((99, Atom("what")), controls.Unknown(99, (99, Atom("what")))),
    ],
)
def test_signals_with_a_trace_token_and_unknown_ones(term: tuple[object, ...], control: controls.Control) -> None:
    pair = Pair().run()
    frame = b"p" + encode(term)  # type: ignore[arg-type]
    assert pair.carry("right", len(frame).to_bytes(4, "big") + frame) == [Signal(control)]


@pytest.mark.parametrize(
    "frame",
    [
        b"p" + encode((1, 2, 3)),
        b"p" + encode((1, ME)),
        b"p" + encode((6, ME, Atom(""), b"name")) + HELLO,
        b"p" + encode((29, REF, ME, ME, (Atom("m"), Atom("f")), [])) + HELLO,
        b"p" + encode((31, 5, ME, 0, ME)),
        b"p" + encode((35, ME, ME, YOU)),
        b"p" + encode((19, ME, 5, REF)),
        b"p" + encode([1]),
        b"p" + encode(()),
        b"p\x83h\x03",
        b"p",
        b"\x83D\0rest",
        b"\x83E",
    ],
)
def test_broken_control_messages_end_the_link(frame: bytes) -> None:
    pair = Pair().run()
    with pytest.raises(RemoteProtocolError) as caught:
        pair.carry("right", len(frame).to_bytes(4, "big") + frame)
    assert caught.value.code == "malformed-control"
    assert pair.right.state is State.CLOSED
    with pytest.raises(LocalProtocolError):
        pair.right.send(controls.Link(YOU, ME))


def test_an_unlink_is_acknowledged_before_anything_else() -> None:
    pair = Pair().run()
    pair.carry("right", pair.left.send(controls.UnlinkId(5, ME, YOU)))
    events = pair.carry("left", pair.right.send(controls.Link(YOU, ME)))
    assert events == [Signal(controls.UnlinkIdAck(5, YOU, ME)), Signal(controls.Link(YOU, ME))]
    assert pair.right.data_to_send() == b""


def test_an_unlink_is_acknowledged_when_nothing_else_is_to_be_said() -> None:
    pair = Pair().run()
    pair.carry("right", pair.left.send(controls.UnlinkId(5, ME, YOU)))
    assert pair.run().events["left"][-1] == Signal(controls.UnlinkIdAck(5, YOU, ME))


def test_messages_to_one_process_share_their_control() -> None:
    pair = Pair(chunk=5).run()
    stream = b"".join(pair.left.send(controls.Send(YOU), encode(number)) for number in range(500))
    stream += pair.left.send(controls.RegSend(ME, Atom("other")), encode(1))
    stream += pair.left.send(controls.Send(YOU), encode(2))
    messages = [event for event in pair.carry("right", stream) if isinstance(event, Message)]
    assert [message.payload for message in messages] == [encode(n) for n in (*range(500), 1, 2)]
    assert len({id(message.control) for message in messages[:500]}) == 1
    assert messages[500].control == controls.RegSend(ME, Atom("other"))
    assert messages[501].control == controls.Send(YOU)


def test_an_empty_message_and_one_that_is_no_term_are_the_receivers_affair() -> None:
    pair = Pair().run()
    for payload in (b"", b"\x83", b"junk"):
        assert pair.carry("right", pair.left.send(controls.Send(YOU), payload)) == [
            Message(controls.Send(YOU), payload)
        ]


def test_frames_have_a_longest() -> None:
    pair = Pair().run()
    with pytest.raises(LocalProtocolError, match="over the limit"):
        pair.left.send(controls.Send(YOU), bytes(128 * 1024 * 1024))
    with pytest.raises(RemoteProtocolError, match="over the limit") as caught:
        pair.carry("right", b"\x08\0\0\1")
    assert caught.value.code == "frame-too-large"


def test_nothing_is_sent_before_or_after() -> None:
    pair = Pair()
    with pytest.raises(LocalProtocolError, match="waits for the status"):
        pair.left.send(controls.Link(ME, YOU))
    with pytest.raises(LocalProtocolError):
        pair.right.accept(Status.OK, cookie=COOKIE, challenge=1)
    with pytest.raises(LocalProtocolError):
        pair.right.refuse(Status.NOK)
    with pytest.raises(LocalProtocolError):
        pair.left.insist(True)
    pair.run()
    pair.left.receive_eof()
    assert pair.left.next_event() == Ended()
    assert pair.left.next_event() is NEED_DATA
    with pytest.raises(LocalProtocolError, match="closed"):
        pair.left.send(controls.Link(ME, YOU))


def test_a_name_is_accepted_only_by_what_accepts() -> None:
    pair = Pair()
    pair.right.receive_data(pair.left.data_to_send(), 0)
    pair.right.next_event()
    with pytest.raises(LocalProtocolError, match="cannot be accepted"):
        pair.right.accept(Status.TRUE, cookie=COOKIE, challenge=1)


def test_what_came_before_the_end_is_still_read() -> None:
    pair = Pair().run()
    pair.right.receive_data(pair.left.send(controls.Send(YOU), HELLO), 0)
    pair.right.receive_eof()
    assert pair.right.next_event() == Message(controls.Send(YOU), HELLO)
    assert pair.right.next_event() == Ended()


@pytest.mark.parametrize("ticktime", [8, 60, 240])
def test_ticks(ticktime: float) -> None:
    """A tick after a quarter of the tick time without a write; the end after five quarters of silence."""
    pair = Pair(ticktime=ticktime).run()
    quarter = ticktime / 4
    assert pair.left.next_deadline() == quarter
    pair.left.handle_timeout(quarter - 0.01)
    assert pair.left.data_to_send() == b""
    pair.left.handle_timeout(quarter)
    assert pair.left.data_to_send() == b"\0\0\0\0"
    pair.left.handle_timeout(quarter * 2)
    assert pair.left.data_to_send() == b"\0\0\0\0"
    # Whoever writes need not tick.
    pair.left.send(controls.Send(YOU), HELLO)
    pair.left.handle_timeout(quarter * 3)
    assert pair.left.data_to_send() == b""
    pair.left.handle_timeout(quarter * 4)
    assert pair.left.data_to_send() == b"\0\0\0\0"
    # Silence.
    assert pair.left.next_deadline() == quarter * 5
    with pytest.raises(RemoteProtocolError, match=f"b@host has been silent for {ticktime * 1.25:.0f} s") as caught:
        pair.left.handle_timeout(quarter * 5)
    assert caught.value.code == "silent-peer"
    assert pair.left.state is State.CLOSED
    assert pair.left.next_deadline() is None
    pair.left.handle_timeout(quarter * 6)


@pytest.mark.parametrize("ticktime", [8, 240])
def test_a_tick_is_heard_and_never_answered(ticktime: float) -> None:
    pair = Pair(ticktime=ticktime).run()
    quarter = ticktime / 4
    for step in range(1, 21):
        now = quarter * step
        pair.left.handle_timeout(now)
        tick = pair.left.data_to_send()
        assert tick == b"\0\0\0\0"
        pair.now = now
        assert pair.carry("right", tick) == []
        assert pair.right.data_to_send() == b""
        pair.left.receive_data(b"\0\0", now)
        pair.left.receive_data(b"\0\0", now)
        assert pair.left.next_event() is NEED_DATA
        assert pair.left.data_to_send() == b""


def test_a_driver_that_reads_nothing_does_not_blame_the_peer() -> None:
    pair = Pair(ticktime=8).run()
    pair.left.pause()
    for now in range(2, 40, 2):
        pair.left.handle_timeout(now)
        assert pair.left.data_to_send() == b"\0\0\0\0"
    pair.left.resume(40)
    assert pair.left.next_deadline() == 40
    pair.left.handle_timeout(49)
    with pytest.raises(RemoteProtocolError, match="silent"):
        pair.left.handle_timeout(50)
