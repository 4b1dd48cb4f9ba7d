"""The handshake of one connection: whose turn it is, what is proven, what comes next. Frames in, frames out, no I/O.

It ends when both sides have proven the cookie; everything after that is the connection's.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.dist import handshake
from bridge.dist.events import AliveAsked, Established, Event, NameReceived
from bridge.dist.flags import OURS, REQUIRED, Flag, effective, names
from bridge.dist.handshake import Status
from bridge.dist.states import TRANSITIONS, State, Trigger
from bridge.errors import LocalProtocolError, RemoteProtocolError


class Identity(msgspec.Struct, frozen=True):
    """Who we are to a peer."""

    name: str
    creation: int
    flags: Flag = OURS


class Greeting:
    """Handshake 6 (and 5) from either side."""

    def __init__(self, us: Identity, state: State) -> None:
        self.us = us
        self.state = state
        self.peer = ""
        self.peer_flags = Flag(0)
        self.peer_creation: int | None = None
        self.outgoing: list[bytes] = []
        self._cookie = b""
        self._challenge = 0
        self._version = 6

    # -- what our side decides ------------------------------------------------------------------------------------

    def begin(self, peer: str, cookie: bytes, challenge: int, version: int) -> None:
        """As the side that connected: say our name. `version` is the highest that the peer can do."""
        self.peer, self._cookie, self._challenge, self._version = peer, cookie, challenge, version
        self.outgoing.append(handshake.build_name(self.us.name, self.us.flags, self.us.creation, version=version))
        self.move(Trigger.SEND_NAME)

    def accept(self, status: Status, cookie: bytes, challenge: int) -> None:
        """Answer a name by ok, ok_simultaneous or alive."""
        self._require(State.NAMED)
        self._cookie, self._challenge = cookie, challenge
        match status:
            case Status.ALIVE:
                self._say(status)
                self.move(Trigger.SEND_ALIVE)
            case Status.OK | Status.OK_SIMULTANEOUS:
                self._say(status)
                self._ask(Trigger.SEND_OK, Trigger.SEND_OK_OLD)
            case _:
                raise LocalProtocolError(
                    f"A name cannot be accepted by {status}", hint="Use ok, ok_simultaneous or alive."
                )

    def refuse(self, status: Status) -> None:
        """Answer a name by nok or not_allowed."""
        self._require(State.NAMED)
        self._say(status)
        self.move(Trigger.SEND_REFUSAL)

    def insist(self, answer: bool) -> None:
        """Answer `alive`."""
        self._require(State.ASKED_ALIVE)
        self._say(Status.TRUE if answer else Status.FALSE)
        self.move(Trigger.SEND_TRUE if answer else Trigger.SEND_FALSE)

    # -- what comes -----------------------------------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether the next step is the peer's."""
        return self.state in _EXPECTED

    def look(self, tag: bytes, beginning: bytes) -> None:
        """Check a frame's first byte before its end is here: an HTTP server's answer looks like a very long frame."""
        if tag and tag not in _EXPECTED[self.state]:
            raise handshake.foreign(f"The peer sent {beginning[:16]!r}")

    def step(self, data: bytes) -> Event | None:
        """One frame of the peer; None where the driver need not know."""
        match self.state:
            case State.WAIT_STATUS:
                return self._status(data)
            case State.WAIT_CHALLENGE:
                self._challenged(handshake.parse_challenge(data))
                return None
            case State.WAIT_ACK:
                self._check(handshake.parse_ack(data), "proved another cookie than ours")
                self.move(Trigger.GET_ACK)
                return Established(self.peer, self.peer_flags, self.peer_creation)
            case State.WAIT_NAME:
                return self._named(handshake.parse_name(data))
            case State.WAIT_ALIVE:
                if handshake.parse_status(data) is Status.TRUE:
                    self._ask(Trigger.GET_TRUE, Trigger.GET_TRUE_OLD)
                else:
                    self.move(Trigger.GET_FALSE)
                return None
            case State.WAIT_COMPLEMENT:
                rest = handshake.parse_complement(data)
                self.peer_flags = effective(self.peer_flags | rest.flags_high << 32)
                self.peer_creation = rest.creation
                self.move(Trigger.GET_COMPLEMENT)
                return None
            case State.WAIT_REPLY:
                reply = handshake.parse_reply(data)
                self._check(reply.digest, "answered our challenge with another cookie than ours")
                self.outgoing.append(handshake.build_ack(handshake.digest(self._cookie, reply.challenge)))
                self.move(Trigger.GET_REPLY)
                return Established(self.peer, self.peer_flags, self.peer_creation)
            case _:
                raise LocalProtocolError(f"Nothing is received while the connection {self.state}")

    def cut_off(self) -> RemoteProtocolError:
        """What it means that the peer closed now."""
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

    def move(self, trigger: Trigger) -> None:
        """Take the way that the table allows."""
        try:
            self.state = TRANSITIONS[self.state, trigger]
        except KeyError:
            raise LocalProtocolError(f"A connection that {self.state} cannot {trigger}") from None

    # -- the steps ------------------------------------------------------------------------------------------------

    def _status(self, data: bytes) -> Event | None:
        status = handshake.parse_status(data)
        match status:
            case Status.OK | Status.OK_SIMULTANEOUS:
                self.move(Trigger.GET_OK)
                return None
            case Status.ALIVE:
                self.move(Trigger.GET_ALIVE)
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
                    hint="Its net_kernel allows certain nodes only, or we lack a flag it demands: look into its log.",
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
            self.outgoing.append(handshake.build_complement(self.us.flags, self.us.creation))
        proof = handshake.digest(self._cookie, challenge.challenge)
        self.outgoing.append(handshake.build_reply(self._challenge, proof))
        self.move(Trigger.GET_CHALLENGE)

    def _named(self, name: handshake.Name) -> Event:
        self._version = 5 if name.creation is None else 6
        self.peer, self.peer_flags, self.peer_creation = name.name, effective(name.flags), name.creation
        self.move(Trigger.GET_NAME)
        if not self.peer_flags & Flag.NAME_ME or name.name:
            self._check_flags()
        return NameReceived(name.name, self.peer_flags)

    def _ask(self, new: Trigger, old: Trigger) -> None:
        """Send the challenge, in the form that the peer's name had."""
        young = self._version >= 6 or bool(self.peer_flags & Flag.HANDSHAKE_23)
        self.outgoing.append(
            handshake.build_challenge(self.us.name, self.us.flags, self._challenge, self.us.creation, old=not young)
        )
        self.move(old if young and self._version < 6 else new)

    def _say(self, status: Status) -> None:
        self.outgoing.append(handshake.build_status(status))

    def _check(self, theirs: bytes, otherwise: str) -> None:
        if not handshake.same_digest(handshake.digest(self._cookie, self._challenge), theirs):
            raise self._wrong_cookie(otherwise)

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

    def _wrong_cookie(self, what: str) -> RemoteProtocolError:
        return RemoteProtocolError(
            f"{self.peer} {what}",
            code="wrong-cookie",
            hint="Give both nodes the same cookie; a line feed at the end of a cookie file does not belong to it.",
        )

    def _require(self, state: State) -> None:
        if self.state is not state:
            raise LocalProtocolError(f"The connection {self.state}; this is possible only while it {state}")


# The states in which the next step is the peer's, with the first byte that it may send.
_EXPECTED: Final = {
    State.WAIT_STATUS: b"s",
    State.WAIT_CHALLENGE: b"nN",
    State.WAIT_ACK: b"a",
    State.WAIT_NAME: b"nN",
    State.WAIT_ALIVE: b"s",
    State.WAIT_COMPLEMENT: b"c",
    State.WAIT_REPLY: b"r",
}
