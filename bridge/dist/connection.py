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

from bridge.dist import control as controls
from bridge.dist import handshake
from bridge.dist.control import Control, RegSend, Send, UnlinkId, UnlinkIdAck
from bridge.dist.events import NEED_DATA, Ended, Established, Event, Message, Signal
from bridge.dist.flags import Flag
from bridge.dist.frames import FrameBuffer
from bridge.dist.greeting import Greeting, Identity
from bridge.dist.handshake import Status
from bridge.dist.states import State, Trigger
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


class Connection:
    """The protocol of one connection. Not safe for threads; every method returns at once."""

    def __init__(
        self, us: Identity, state: State, *, now: float, ticktime: float, length_size: int, longest: int
    ) -> None:
        self._greeting = Greeting(us, state)
        self._length_size = length_size
        self._longest = longest
        self._ticktime = ticktime
        self._setup_deadline = now + SETUP_SECONDS
        self._ticker: Ticker | None = None
        self._now = now
        self._frames = FrameBuffer(length_size, handshake.LONGEST)
        self._pending: list[bytes] = []
        self._eof = False
        self._up = False
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
        self = cls(us, State.NEW, now=now, ticktime=ticktime, length_size=length_size, longest=longest)
        self._greeting.begin(peer, cookie, challenge, version)
        return self

    @classmethod
    def acceptor(
        cls, us: Identity, *, now: float, ticktime: float = 60, length_size: int = 2, longest: int = LONGEST_FRAME
    ) -> Connection:
        """The side that was connected to; it learns the peer's name first (`NameReceived`)."""
        return cls(us, State.WAIT_NAME, now=now, ticktime=ticktime, length_size=length_size, longest=longest)

    # -- who the peer is ------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._greeting.state

    @property
    def peer(self) -> str:
        """The peer's name: as it says until the connection is up, proven from then on."""
        return self._greeting.peer

    @property
    def peer_flags(self) -> Flag:
        return self._greeting.peer_flags

    # -- the driver's decisions -----------------------------------------------------------------------------------

    def accept(self, status: Status, *, cookie: bytes, challenge: int) -> None:
        """Answer a `NameReceived` by ok, ok_simultaneous or alive."""
        self._greeting.accept(status, cookie, challenge)

    def refuse(self, status: Status) -> None:
        """Answer a `NameReceived` by nok or not_allowed; send what is due, then close."""
        self._greeting.refuse(status)

    def insist(self, answer: bool) -> None:
        """Answer `AliveAsked`: true if we have no connection to the peer, so that it drops the old one."""
        self._greeting.insist(answer)

    def send(self, control: Control, message: bytes | None = None) -> bytes:
        """One frame, with whatever is due before it: give all of it to the socket in one write."""
        if not self._up:
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
        parts = [*self._take_due(), _u32(size), head]
        if message is not None:
            parts.append(message)
        return b"".join(parts)

    def data_to_send(self) -> bytes:
        """What the protocol itself has to say, to be written before anything else."""
        return b"".join(self._take_due())

    def _take_due(self) -> list[bytes]:
        due: list[bytes] = []
        if self._greeting.outgoing:
            for data in self._greeting.outgoing:
                due += (len(data).to_bytes(self._length_size, "big"), data)
            self._greeting.outgoing.clear()
        if self._pending:
            due += self._pending
            self._pending.clear()
        return due

    # -- bytes in, events out -------------------------------------------------------------------------------------

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Bytes from the peer; then call `next_event` until it says NEED_DATA."""
        self._frames.feed(data)
        self._heard(now)

    def room(self) -> memoryview:
        """Where a socket may put bytes itself, instead of `receive_data`; then call `filled`."""
        return self._frames.room()

    def filled(self, count: int, now: float) -> None:
        """`count` bytes were put into the room."""
        self._frames.filled(count)
        self._heard(now)

    def _heard(self, now: float) -> None:
        self._now = now
        if self._ticker is not None:
            self._ticker.heard(now)

    def receive_eof(self) -> None:
        """The peer closed; `next_event` says what that means."""
        self._eof = True

    def next_event(self) -> Event:
        """The next event, NEED_DATA, or a `RemoteProtocolError`, after which the connection is closed."""
        try:
            if not self._up:
                return self._handshake()
            while True:
                span = self._frames.next()
                if span is None:
                    return self._at_end()
                start, stop = span
                if start == stop:
                    continue  # a tick: heard, never answered
                if self._frames.data.startswith(self._last_prefix, start, stop):
                    start += len(self._last_prefix)
                    return Message(self._last_control, bytes(self._frames.view[start:stop]))  # type: ignore[arg-type]
                return self._control(start, stop)
        except RemoteProtocolError:
            self._fail()
            raise

    def _at_end(self) -> Event:
        if not self._eof:
            return NEED_DATA
        self._fail()
        return Ended()

    def _handshake(self) -> Event:
        greeting = self._greeting
        while greeting.waits:
            head = self._frames.peek()
            greeting.look(head[self._length_size : self._length_size + 1], head)
            span = self._frames.next()
            if span is None:
                if self._eof:
                    raise greeting.cut_off()
                return NEED_DATA
            event = greeting.step(bytes(self._frames.view[span[0] : span[1]]))
            if isinstance(event, Established):
                self._up = True
                self._frames.switch(4, self._longest)
                self._ticker = Ticker(self._ticktime, self._now)
            if event is not None:
                return event
        return NEED_DATA  # closed, or the driver has to decide first

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
            head = b"p" + encode(controls.build(UnlinkIdAck(meaning.id, meaning.to, meaning.sender)))
            self._pending += (_u32(len(head)), head)
        if isinstance(meaning, controls.WITH_MESSAGE):
            if isinstance(meaning, Send | RegSend):
                self._last_prefix, self._last_control = data[:end], meaning
            return Message(meaning, data[end:])
        return Signal(meaning)

    def close(self) -> None:
        """Our side has had enough: nothing more comes out of `next_event`, and nothing can be sent."""
        if self.state is not State.CLOSED:
            self._fail()

    def _fail(self) -> None:
        self._up = False
        self._greeting.move(Trigger.FAIL)

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
                self._fail()
                raise RemoteProtocolError(
                    f"The handshake was not done within {SETUP_SECONDS:.0f} s: our side {where}",
                    code="setup-timeout",
                    hint="The peer hangs, something else listens on its port, or only one of the two sides uses TLS.",
                )
            return
        silence = self._ticker.silent(now)
        if silence is not None:
            self._fail()
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
