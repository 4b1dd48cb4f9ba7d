"""The Erlang distribution protocol, without I/O."""

from bridge.dist.connection import Connection
from bridge.dist.events import (
    NEED_DATA,
    AliveAsked,
    Ended,
    Established,
    Event,
    Message,
    NameReceived,
    Signal,
)
from bridge.dist.flags import OURS, Flag
from bridge.dist.greeting import Identity
from bridge.dist.handshake import Status
from bridge.dist.states import TRANSITIONS, State, Trigger
from bridge.errors import DistError, LocalProtocolError, RemoteProtocolError

__all__ = [
    "NEED_DATA",
    "OURS",
    "TRANSITIONS",
    "AliveAsked",
    "Connection",
    "DistError",
    "Ended",
    "Established",
    "Event",
    "Flag",
    "Identity",
    "LocalProtocolError",
    "Message",
    "NameReceived",
    "RemoteProtocolError",
    "Signal",
    "State",
    "Status",
    "Trigger",
]
