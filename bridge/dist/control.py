"""The control messages that follow the handshake (OTP `erl_dist_protocol`): terms to values and back.

One value per meaning: the variants with a trace token are read like those without, and sent never. What a message does
to processes is the node's business.
"""

# The theory of links over a network
# ==================================
#
# A link between two processes is one fact that two nodes keep. Signals between a pair of nodes arrive in order, but
# the two directions cross, and that alone makes ending a link hard:
#
#     A: unlink(B) ------------\ /------------- B: link(A) again, or the exit of B over the old link
#                               X
#     A: gets an exit ... of the old link, or of a new one?
#
# With the old UNLINK nobody could say. UNLINK_ID has a number, and its answer UNLINK_ID_ACK has the same one. Until
# the answer is here the link counts as "being unlinked": exits over it are dropped, since they were sent before the
# other side knew (`Mailbox.links`: the value is that number). With the answer everything older has arrived, for order
# holds within each direction, and whatever comes from then on is new. For the same reason the answer goes out before
# anything else to that peer (`Connection._control`): a link that is made right behind it must not overtake it.
#
# Monitors go one way and are named by a reference, so that an old DOWN is told from a new one by its reference alone:
# they need no such dance.
#
# When the connection ends, no signal can tell anything any more. Each node then acts for the other: whoever is linked
# to a process there gets `noconnection` as its exit, whoever watches one gets DOWN with `noconnection`. It may be
# untrue (the process may live on behind a broken cable); it is what OTP promises: never silence.

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from bridge.errors import RemoteProtocolError
from bridge.term import Atom, Pid, Ref, Term

_UNUSED = Atom("")


class Link(msgspec.Struct, frozen=True):
    """`sender` wants to end when `to` ends, and the other way round."""

    sender: Pid
    to: Pid


class Send(msgspec.Struct, frozen=True):
    """A message for a process; `sender` is None where the peer does not say."""

    to: Pid
    sender: Pid | None = None


class RegSend(msgspec.Struct, frozen=True):
    """A message for a registered name."""

    sender: Pid
    to: Atom


class Exit(msgspec.Struct, frozen=True):
    """A linked process ended (or, with `noproc`, was not there)."""

    sender: Pid
    to: Pid
    reason: Term


class Exit2(msgspec.Struct, frozen=True):
    """A process asks another one to end: `exit(Pid, Reason)`."""

    sender: Pid
    to: Pid
    reason: Term


class Unlink(msgspec.Struct, frozen=True):
    """The old way to end a link, without an answer."""

    sender: Pid
    to: Pid


class UnlinkId(msgspec.Struct, frozen=True):
    """The way to end a link; the answer carries the same id."""

    id: int
    sender: Pid
    to: Pid


class UnlinkIdAck(msgspec.Struct, frozen=True):
    """The link is gone on this side too."""

    id: int
    sender: Pid
    to: Pid


class GroupLeader(msgspec.Struct, frozen=True):
    """A process of ours is told who does its input and output: nothing here does any."""

    sender: Pid
    to: Pid


class MonitorP(msgspec.Struct, frozen=True):
    """`sender` wants to hear of the end of `target`, a process or a registered name of ours."""

    sender: Pid
    target: Pid | Atom
    ref: Ref


class DemonitorP(msgspec.Struct, frozen=True):
    """...and no longer."""

    sender: Pid
    target: Pid | Atom
    ref: Ref


class MonitorPExit(msgspec.Struct, frozen=True):
    """What `to` monitors has ended."""

    source: Pid | Atom
    to: Pid
    ref: Ref
    reason: Term


class SpawnRequest(msgspec.Struct, frozen=True):
    """`sender` wants module:function run here; the arguments are the message behind."""

    ref: Ref
    sender: Pid
    group_leader: Pid
    module: Atom
    function: Atom
    arity: int
    options: tuple[Term, ...]


class SpawnReply(msgspec.Struct, frozen=True):
    """The answer: a pid, or an atom that says why not. Flags: 1 linked, 2 monitored."""

    ref: Ref
    to: Pid
    flags: int
    result: Pid | Atom


class Unknown(msgspec.Struct, frozen=True):
    """A control message that we do not know: worth a line in the log, never the link."""

    operation: int
    term: tuple[Term, ...]


Control: TypeAlias = (
    Link
    | Send
    | RegSend
    | Exit
    | Exit2
    | Unlink
    | UnlinkId
    | UnlinkIdAck
    | GroupLeader
    | MonitorP
    | DemonitorP
    | MonitorPExit
    | SpawnRequest
    | SpawnReply
    | Unknown
)

_Fields = tuple[Term, ...]


def _pid(term: Term) -> Pid:
    if type(term) is not Pid:
        raise TypeError
    return term


def _atom(term: Term) -> Atom:
    if type(term) is not Atom:
        raise TypeError
    return term


def _ref(term: Term) -> Ref:
    if type(term) is not Ref:
        raise TypeError
    return term


def _int(term: Term) -> int:
    if type(term) is not int:
        raise TypeError
    return term


def _process(term: Term) -> Pid | Atom:
    if type(term) is not Pid and type(term) is not Atom:
        raise TypeError
    return term


def _spawn_request(fields: _Fields) -> SpawnRequest:
    call, options = fields[4], fields[5]
    if type(call) is not tuple or len(call) != 3 or type(options) is not list:
        raise TypeError
    module, function, arity = call
    return SpawnRequest(
        _ref(fields[1]),
        _pid(fields[2]),
        _pid(fields[3]),
        _atom(module),
        _atom(function),
        _int(arity),
        tuple(options),
    )


# operation: (number of elements, reader). The operations with a trace token differ by the token alone.
_READERS: dict[int, tuple[int, Callable[[_Fields], Control]]] = {
    1: (3, lambda f: Link(_pid(f[1]), _pid(f[2]))),
    2: (3, lambda f: Send(_pid(f[2]))),
    3: (4, lambda f: Exit(_pid(f[1]), _pid(f[2]), f[3])),
    4: (3, lambda f: Unlink(_pid(f[1]), _pid(f[2]))),
    6: (4, lambda f: RegSend(_pid(f[1]), _atom(f[3]))),
    7: (3, lambda f: GroupLeader(_pid(f[1]), _pid(f[2]))),
    8: (4, lambda f: Exit2(_pid(f[1]), _pid(f[2]), f[3])),
    12: (4, lambda f: Send(_pid(f[2]))),
    13: (5, lambda f: Exit(_pid(f[1]), _pid(f[2]), f[4])),
    16: (5, lambda f: RegSend(_pid(f[1]), _atom(f[3]))),
    18: (5, lambda f: Exit2(_pid(f[1]), _pid(f[2]), f[4])),
    19: (4, lambda f: MonitorP(_pid(f[1]), _process(f[2]), _ref(f[3]))),
    20: (4, lambda f: DemonitorP(_pid(f[1]), _process(f[2]), _ref(f[3]))),
    21: (5, lambda f: MonitorPExit(_process(f[1]), _pid(f[2]), _ref(f[3]), f[4])),
    22: (3, lambda f: Send(_pid(f[2]), _pid(f[1]))),
    23: (4, lambda f: Send(_pid(f[2]), _pid(f[1]))),
    29: (6, _spawn_request),
    30: (7, _spawn_request),
    31: (5, lambda f: SpawnReply(_ref(f[1]), _pid(f[2]), _int(f[3]), _process(f[4]))),
    32: (6, lambda f: SpawnReply(_ref(f[1]), _pid(f[2]), _int(f[3]), _process(f[4]))),
    35: (4, lambda f: UnlinkId(_int(f[1]), _pid(f[2]), _pid(f[3]))),
    36: (4, lambda f: UnlinkIdAck(_int(f[1]), _pid(f[2]), _pid(f[3]))),
}
# These carry a message behind the control term.
WITH_MESSAGE = (Send, RegSend, SpawnRequest)


def parse(term: Term) -> Control:
    """The meaning of a control term; a known operation with wrong fields is the peer's error."""
    if type(term) is not tuple or not term or type(term[0]) is not int:
        raise _malformed(f"{str(term)[:80]} is no control message")
    operation = term[0]
    if operation not in _READERS:
        return Unknown(operation, term)
    size, reader = _READERS[operation]
    if len(term) != size:
        raise _malformed(f"Control message {operation} has {len(term)} elements instead of {size}")
    try:
        return reader(term)
    except TypeError:
        raise _malformed(f"Control message {operation} has a field of the wrong type") from None


def build(control: Control) -> tuple[Term, ...]:
    """The control term for what we send."""
    match control:
        case Link(sender, to):
            return (1, sender, to)
        case Send(to, None):
            return (2, _UNUSED, to)
        case Send(to, sender):
            # libei and the BEAM both read plain SEND; SEND_SENDER would need a flag of its own.
            return (2, _UNUSED, to)
        case RegSend(sender, to):
            return (6, sender, _UNUSED, to)
        case Exit(sender, to, reason):
            return (3, sender, to, reason)
        case Exit2(sender, to, reason):
            return (8, sender, to, reason)
        case Unlink(sender, to):
            return (4, sender, to)
        case UnlinkId(number, sender, to):
            return (35, number, sender, to)
        case UnlinkIdAck(number, sender, to):
            return (36, number, sender, to)
        case GroupLeader(sender, to):
            return (7, sender, to)
        case MonitorP(sender, target, ref):
            return (19, sender, target, ref)
        case DemonitorP(sender, target, ref):
            return (20, sender, target, ref)
        case MonitorPExit(source, to, ref, reason):
            return (21, source, to, ref, reason)
        case SpawnRequest(ref, sender, leader, module, function, arity, options):
            return (29, ref, sender, leader, (module, function, arity), list(options))
        case SpawnReply(ref, to, flags, result):
            return (31, ref, to, flags, result)
        case Unknown(_, term):
            return term


def _malformed(what: str) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"{what}: the link cannot go on",
        code="malformed-control",
        hint="The peer speaks the distribution protocol wrongly, or the stream lost its framing: it will reconnect.",
    )
