"""What can go wrong on the Erlang side, each with a stable code and one sentence for the operator.

Only errors that more than one module of the bridge raises or catches live here. A sentence says what went wrong, where,
and what to do; nothing from the socket layer or from `struct` ever leaves the bridge.
"""

from __future__ import annotations

from core.errors import HarmonyError


class BridgeError(HarmonyError):
    """The base of every error that leaves this package."""

    code = "bridge"


class TermError(BridgeError):
    """Bytes that are no Erlang term, or a value that cannot become one."""

    code = "term"

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message} (at byte {offset})")
        self.offset = offset


class DistError(BridgeError):
    """The distribution protocol was broken; `hint` tells the operator what usually causes it."""

    code = "dist"

    def __init__(self, message: str, *, code: str = "dist", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


class LocalProtocolError(DistError):
    """We asked the connection for something that its state does not allow: a fault of ours."""


class RemoteProtocolError(DistError):
    """The peer did something that the protocol does not allow, or turned us away."""


class NodeError(BridgeError):
    """A node could not be started, reached or kept; the message is the whole sentence for the operator."""

    code = "node"


class NameTaken(NodeError):
    """Another node of our name is registered with epmd on our host."""

    code = "node.name-taken"


class EpmdUnreachable(NodeError):
    """No epmd answers at the address."""

    code = "node.epmd-unreachable"


class PeerNotThere(NodeError):
    """epmd does not know the peer, or nothing listens where epmd says that it is."""

    code = "node.peer-not-there"


class WrongCookie(NodeError):
    """The two nodes do not share a cookie."""

    code = "node.wrong-cookie"


class NoCookie(NodeError):
    """No cookie is set for a peer: it could not prove anything to us, nor we to it."""

    code = "node.no-cookie"


class PeerRefused(NodeError):
    """The peer speaks our protocol and does not want us."""

    code = "node.peer-refused"


class FlagMismatch(NodeError):
    """The peer lacks a capability that we cannot do without."""

    code = "node.flag-mismatch"


class ForeignPeer(NodeError):
    """Whatever answers there is no Erlang node."""

    code = "node.foreign-peer"


class PeerSilent(NodeError):
    """The peer takes the connection and then says nothing."""

    code = "node.peer-silent"


class NotConnected(NodeError):
    """There is no link to the node that a message is for."""

    code = "node.not-connected"


class CallFailed(NodeError):
    """A remote call ended otherwise than by a value; `reason` is the peer's term."""

    code = "node.call-failed"

    def __init__(self, message: str, reason: object = None) -> None:
        super().__init__(message)
        self.reason = reason
