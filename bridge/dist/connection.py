"""One connection between two Erlang nodes, without I/O: bytes and the time go in, events and bytes come out.

    connection = Connection.initiator(us, peer, cookie=..., challenge=..., now=...)
    socket.send(connection.data_to_send())
    connection.receive_data(socket.recv(), now)
    while (event := connection.next_event()) is not NEED_DATA: ...

Randomness (the challenge) is an argument too. Which process a message is for, and what a link means, is the node's
part.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from bridge.dist import control as controls
from bridge.dist import handshake
from bridge.dist.control import Control, RegSend, Send, UnlinkId, UnlinkIdAck
from bridge.dist.events import NEED_DATA, AliveAsked, Ended, Established, Event, Message, NameReceived, Signal
from bridge.dist.flags import OURS, REQUIRED, Flag, effective, names
from bridge.dist.frames import FrameBuffer
from bridge.dist.handshake import Status
from bridge.dist.states import TRANSITIONS, State, Trigger
from bridge.dist.ticker import Ticker
from bridge.errors import LocalProtocolError, RemoteProtocolError, TermError
from bridge.term import Limits, decode_prefix, encode

SETUP_SECONDS: Final = 7.0
# A BEAM sends a term of any size in one frame when fragments are not negotiated; 64 MB is the largest that anyone
# needed. More would let one peer take our memory.
LONGEST_FRAME: Final = 128 * 1024 * 1024
_TICK: Final = b"\0\0\0\0"
_PASS_THROUGH: Final = 112
# A control term holds pids, references, names and an exit reason: large ones are someone's attack or a lost framing.
_CONTROL_LIMITS: Final = Limits(elements=100_000, atoms=4_096)
_u32 = struct.Struct(">I").pack


class Identity(msgspec.Struct, frozen=True):
    """Who we are to a peer."""

    name: str
    creation: int
    flags: Flag = OURS


class Connection:
    """The protocol of one connection. Not safe for threads; every method returns at once."""

    def __init__(
        self, us: Identity, *, state: State, now: float, ticktime: float, length_size: int, longest: int
    ) -> None:
        self.state = state
        self.us = us
        self.peer = ""
        self.peer_flags = Flag(0)
        self.peer_creation: int | None = None
        self._length_size = length_size
        self._longest = longest
        self._ticktime = ticktime
        self._setup_deadline = now + SETUP_SECONDS
        self._ticker: Ticker | None = None
        self._now = now
        self._frames = FrameBuffer(length_size, handshake.LONGEST)
        self._pending: list[bytes] = []
        self._eof = False
        self._cookie = b""
        self._challenge = 0
        self._version = 6
        # The control part of the last SEND or REG_SEND, as bytes and as meaning: a peer that floods one process sends
        # the same bytes again and again, and comparing them is all that the next message costs.
        self._last_prefix = b"\0never"
        self._last_control: Send | RegSend | None = None
        self._built: tuple[Control | None, bytes] = (None, b"")

    @classmethod
    def initiator(
        cls,
        us: Identity,
        peer: str,
        *,
        cookie: bytes,
        challenge: int,
        now: float,
        ticktime: float = 60,
        length_size: int = 2,
        version: int = 6,
        longest: int = LONGEST_FRAME,
    ) -> Connection:
        """The side that connected. `version` is what epmd says of the peer; `length_size` is 4 over TLS."""
        self = cls(us, state=State.NEW, now=now, ticktime=ticktime, length_size=length_size, longest=longest)
        self.peer = peer
        self._cookie, self._challenge, self._version = cookie, challenge, version
        self._put(handshake.build_name(us.name, us.flags, us.creation, version=version))
        self._move(Trigger.SEND_NAME)
        return self

    @classmethod
    def acceptor(
        cls, us: Identity, *, now: float, ticktime: float = 60, length_size: int = 2, longest: int = LONGEST_FRAME
    ) -> Connection:
        """The side that was connected to; it learns the peer's name first (`NameReceived`)."""
        return cls(us, state=State.WAIT_NAME, now=now, ticktime=ticktime, length_size=length_size, longest=longest)

    # -- the driver's decisions -----------------------------------------------------------------------------------

    def accept(self, status: Status, *, cookie: bytes, challenge: int) -> None:
        """Answer a `NameReceived` by ok, ok_simultaneous or alive."""
        self._cookie, self._challenge = cookie, challenge
        if status is Status.ALIVE:
            self._require(State.NAMED)
            self._put(handshake.build_status(status))
            self._move(Trigger.SEND_ALIVE)
        elif status in (Status.OK, Status.OK_SIMULTANEOUS):
            self._require(State.NAMED)
            self._put(handshake.build_status(status))
            self._ask(Trigger.SEND_OK, Trigger.SEND_OK_OLD)
        else:
            raise LocalProtocolError(f"A name cannot be accepted by {status}", hint="Use ok, ok_simultaneous or alive.")

    def refuse(self, status: Status) -> None:
        """Answer a `NameReceived` by nok or not_allowed; send what is due, then close."""
        self._require(State.NAMED)
        self._put(handshake.build_status(status))
        self._move(Trigger.SEND_REFUSAL)

    def insist(self, answer: bool) -> None:
        """Answer `AliveAsked`: true if we have no connection to the peer, so that it drops the old one."""
        self._require(State.ASKED_ALIVE)
        self._put(handshake.build_status(Status.TRUE if answer else Status.FALSE))
        self._move(Trigger.SEND_TRUE if answer else Trigger.SEND_FALSE)

    def send(self, control: Control, message: bytes | None = None) -> bytes:
        """One frame, with whatever is due before it: give all of it to the socket in one write."""
        if self.state is not State.UP:
            raise LocalProtocolError(
                f"The connection to {self.peer or 'the peer'} {self.state}: nothing can be sent",
                hint="Send after Established and before the end.",
            )
        if (message is not None) is not isinstance(control, controls.WITH_MESSAGE):
            raise LocalProtocolError(
                f"{type(control).__name__} is sent {'without' if message is not None else 'with'} a message behind it"
            )
        if control is self._built[0]:
            head = self._built[1]
        else:
            head = b"p" + encode(controls.build(control))
            self._built = (control, head)
        size = len(head) + (len(message) if message is not None else 0)
        if size > self._longest:
            raise LocalProtocolError(
                f"The message has {size} bytes, over the limit of {self._longest}", hint="Send it in parts."
            )
        assert self._ticker is not None
        self._ticker.wrote()
        parts = [*self._pending, _u32(size), head]
        self._pending.clear()
        if message is not None:
            parts.append(message)
        return b"".join(parts)

    def data_to_send(self) -> bytes:
        """What the protocol itself has to say, to be written before anything else."""
        if not self._pending:
            return b""
        data = b"".join(self._pending)
        self._pending.clear()
        if self._ticker is not None:
            self._ticker.wrote()
        return data

    # -- bytes in, events out -------------------------------------------------------------------------------------

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Bytes from the peer; then call `next_event` until it says NEED_DATA."""
        self._frames.feed(data)
        self.received(now)

    def room(self) -> memoryview:
        """Where a socket may put bytes itself, instead of `receive_data`; then call `received`."""
        return self._frames.room()

    def filled(self, count: int, now: float) -> None:
        """`count` bytes were put into the room."""
        self._frames.filled(count)
        self.received(now)

    def received(self, now: float) -> None:
        self._now = now
        if self._ticker is not None:
            self._ticker.heard(now)

    def receive_eof(self) -> None:
        """The peer closed; `next_event` says what that means."""
        self._eof = True

    def next_event(self) -> Event:
        """The next event, NEED_DATA, or a `RemoteProtocolError`, after which the connection is closed."""
        try:
            if self.state is State.UP:
                while True:
                    span = self._frames.next()
                    if span is None:
                        return self._at_end()
                    start, stop = span
                    if start == stop:
                        continue  # a tick: heard, never answered
                    after = start + len(self._last_prefix)
                    if self._frames.data.startswith(self._last_prefix, start, stop):
                        return Message(self._last_control, bytes(self._frames.view[after:stop]))  # type: ignore[arg-type]
                    return self._control(start, stop)
            return self._handshake()
        except RemoteProtocolError:
            self._move(Trigger.FAIL)
            raise

    def _at_end(self) -> Event:
        if not self._eof:
            return NEED_DATA
        self._move(Trigger.FAIL)
        return Ended()

    def _control(self, start: int, stop: int) -> Event:
        data = bytes(self._frames.view[start:stop])
        if data[0] != _PASS_THROUGH:
            raise RemoteProtocolError(
                f"A frame begins with the byte {data[0]} instead of 112",
                code="malformed-control",
                hint="The peer uses an atom cache or fragments without our consent, or the stream lost its framing.",
            )
        try:
            term, end = decode_prefix(data, 1, limits=_CONTROL_LIMITS)
        except TermError as error:
            raise RemoteProtocolError(
                f"A control message cannot be read: {error}",
                code="malformed-control",
                hint="The stream lost its framing: the peer will reconnect.",
            ) from None
        meaning = controls.parse(term)
        if isinstance(meaning, UnlinkId):
            # Due before anything else to this peer: the old link must be gone on both sides before a new one is made.
            self._pending.append(self._frame(UnlinkIdAck(meaning.id, meaning.to, meaning.sender)))
        if isinstance(meaning, controls.WITH_MESSAGE):
            if isinstance(meaning, Send | RegSend):
                self._last_prefix, self._last_control = data[:end], meaning
            return Message(meaning, data[end:])
        return Signal(meaning)

    @staticmethod
    def _frame(control: Control) -> bytes:
        head = b"p" + encode(controls.build(control))
        return _u32(len(head)) + head

    # -- time -----------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When to call `handle_timeout`, or None when closed."""
        if self.state is State.CLOSED:
            return None
        return self._setup_deadline if self._ticker is None else self._ticker.deadline()

    def handle_timeout(self, now: float) -> None:
        """Queue a tick if one is due; raise if the peer has been silent for too long."""
        self._now = now
        if self.state is State.CLOSED:
            return
        if self._ticker is None:
            if now >= self._setup_deadline:
                where = self.state
                self._move(Trigger.FAIL)
                raise RemoteProtocolError(
                    f"The handshake was not done within {SETUP_SECONDS:.0f} s; the connection still {where}",
                    code="setup-timeout",
                    hint="The peer hangs, something else listens on its port, or only one of the two sides uses TLS.",
                )
            return
        silence = self._ticker.silent(now)
        if silence is not None:
            self._move(Trigger.FAIL)
            raise RemoteProtocolError(
                f"{self.peer} has been silent for {silence:.0f} s",
                code="silent-peer",
                hint="The peer or the network is down, or the two nodes have different tick times.",
            )
        if self._ticker.due(now):
            self._pending.append(_TICK)

    def pause(self) -> None:
        """The driver stops reading: the peer's silence no longer counts."""
        if self._ticker is not None:
            self._ticker.pause()

    def resume(self, now: float) -> None:
        if self._ticker is not None:
            self._ticker.resume(now)

    # -- handshake ------------------------------------------------------------------------------------------------

    def _handshake(self) -> Event:
        while True:
            if self.state in (State.CLOSED, State.NAMED, State.ASKED_ALIVE):
                return NEED_DATA  # nothing more, or the driver has to decide first
            if self.state is State.UP:
                return NEED_DATA
            self._look_early()
            span = self._frames.next()
            if span is None:
                if self._eof:
                    raise self._cut_off()
                return NEED_DATA
            event = self._step(bytes(self._frames.view[span[0] : span[1]]))
            if event is not None:
                return event

    def _look_early(self) -> None:
        """An HTTP server's answer looks like a long frame: say what it is now instead of waiting for its end."""
        head = self._frames.peek()
        tag = head[self._length_size : self._length_size + 1]
        expected = _EXPECTED[self.state]
        if tag and tag not in expected:
            raise handshake.foreign(f"The peer sent {head[:16]!r}")

    def _step(self, data: bytes) -> Event | None:
        match self.state:
            case State.WAIT_STATUS:
                return self._status(data)
            case State.WAIT_CHALLENGE:
                self._challenged(handshake.parse_challenge(data))
                return None
            case State.WAIT_ACK:
                if not handshake.same_digest(
                    handshake.digest(self._cookie, self._challenge), handshake.parse_ack(data)
                ):
                    raise self._wrong_cookie("proved another cookie than ours")
                self._move(Trigger.GET_ACK)
                return self._established()
            case State.WAIT_NAME:
                name = handshake.parse_name(data)
                self._version = 6 if name.creation is not None else 5
                self.peer, self.peer_flags, self.peer_creation = name.name, effective(name.flags), name.creation
                self._move(Trigger.GET_NAME)
                self._check_flags()
                return NameReceived(name.name, self.peer_flags)
            case State.WAIT_ALIVE:
                if handshake.parse_status(data) is Status.TRUE:
                    self._ask(Trigger.GET_TRUE, Trigger.GET_TRUE_OLD)
                    return None
                self._move(Trigger.GET_FALSE)
                return None
            case State.WAIT_COMPLEMENT:
                rest = handshake.parse_complement(data)
                self.peer_flags = effective(self.peer_flags | rest.flags_high << 32)
                self.peer_creation = rest.creation
                self._move(Trigger.GET_COMPLEMENT)
                return None
            case State.WAIT_REPLY:
                reply = handshake.parse_reply(data)
                if not handshake.same_digest(handshake.digest(self._cookie, self._challenge), reply.digest):
                    raise self._wrong_cookie("answered our challenge with another cookie than ours")
                self._put(handshake.build_ack(handshake.digest(self._cookie, reply.challenge)))
                self._move(Trigger.GET_REPLY)
                return self._established()
            case _:
                raise LocalProtocolError(f"Nothing is received while the connection {self.state}")

    def _status(self, data: bytes) -> Event | None:
        status = handshake.parse_status(data)
        match status:
            case Status.OK | Status.OK_SIMULTANEOUS:
                self._move(Trigger.GET_OK)
                return None
            case Status.ALIVE:
                self._move(Trigger.GET_ALIVE)
                return AliveAsked()
            case Status.NOK:
                raise RemoteProtocolError(
                    f"{self.peer} is connecting to us at this moment and goes on with that connection",
                    code="simultaneous",
                    hint="Wait for the connection that it makes.",
                )
            case Status.NOT_ALLOWED:
                raise RemoteProtocolError(
                    f"{self.peer} does not let {self.us.name} in",
                    code="not-allowed",
                    hint="Its net_kernel allows certain nodes only, or it lacks a flag of ours: look into its log.",
                )
            case _:
                raise RemoteProtocolError(
                    f"{self.peer} answered our name by {str(status)[:40]!r}",
                    code="refused",
                    hint="It wants something of us that a hidden node with a name of its own does not do.",
                )

    def _challenged(self, challenge: handshake.Challenge) -> None:
        if challenge.name != self.peer:
            raise RemoteProtocolError(
                f"{challenge.name} answers where {self.peer} should be",
                code="other-node",
                hint="Use the name that the node itself has, host part included.",
            )
        self.peer_flags, self.peer_creation = effective(challenge.flags), challenge.creation
        self._check_flags()
        if self._version < 6 and challenge.creation is not None:
            self._put(handshake.build_complement(self.us.flags, self.us.creation))
        proof = handshake.digest(self._cookie, challenge.challenge)
        self._put(handshake.build_reply(self._challenge, proof))
        self._move(Trigger.GET_CHALLENGE)

    def _ask(self, new: Trigger, old: Trigger) -> None:
        """Send the challenge, in the form that the peer's name had."""
        young = self._version >= 6 or bool(self.peer_flags & Flag.HANDSHAKE_23)
        self._put(
            handshake.build_challenge(self.us.name, self.us.flags, self._challenge, self.us.creation, old=not young)
        )
        self._move(old if young and self._version < 6 else new)

    def _check_flags(self) -> None:
        missing = REQUIRED & ~self.peer_flags
        if missing:
            if self.state is State.NAMED:
                self.refuse(Status.NOT_ALLOWED)
            raise RemoteProtocolError(
                f"{self.peer} lacks capabilities that we need: {names(missing)}",
                code="flag-mismatch",
                hint="Its Erlang or libei is older than OTP 22: upgrade it.",
            )

    def _established(self) -> Established:
        self._frames.switch(4, self._longest)
        self._ticker = Ticker(self._ticktime, self._now)
        return Established(self.peer, self.peer_flags, self.peer_creation)

    def _wrong_cookie(self, what: str) -> RemoteProtocolError:
        return RemoteProtocolError(
            f"{self.peer} {what}",
            code="wrong-cookie",
            hint="Give both nodes the same cookie; a line feed at the end of a cookie file does not belong to it.",
        )

    def _cut_off(self) -> RemoteProtocolError:
        match self.state:
            case State.WAIT_ACK:
                return self._wrong_cookie("closed the connection when it saw our proof of the cookie")
            case State.WAIT_NAME:
                return handshake.foreign("Whoever connected left without a word")
            case State.WAIT_STATUS:
                text = f"{self.peer} closed the connection when it heard our name"
            case _:
                text = f"{self.peer} closed the connection in the middle of the handshake"
        return RemoteProtocolError(
            text,
            code="cut-off",
            hint="It may be stopping, refuse our flags, or something else listens on its port: look into its log.",
        )

    # -- small things ---------------------------------------------------------------------------------------------

    def _put(self, data: bytes) -> None:
        self._pending.append(len(data).to_bytes(self._length_size, "big") + data)

    def _require(self, state: State) -> None:
        if self.state is not state:
            raise LocalProtocolError(f"The connection {self.state}; this is possible only while it {state}")

    def _move(self, trigger: Trigger) -> None:
        try:
            self.state = TRANSITIONS[self.state, trigger]
        except KeyError:
            raise LocalProtocolError(f"A connection that {self.state} cannot {trigger}") from None


_EXPECTED: Final = {
    State.NEW: b"",
    State.WAIT_STATUS: b"s",
    State.WAIT_CHALLENGE: b"nN",
    State.WAIT_ACK: b"a",
    State.WAIT_NAME: b"nN",
    State.WAIT_ALIVE: b"s",
    State.WAIT_COMPLEMENT: b"c",
    State.WAIT_REPLY: b"r",
}
