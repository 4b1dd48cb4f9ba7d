"""What a connection tells its driver."""

from __future__ import annotations

import enum
from typing import Final, Literal, TypeAlias

import msgspec

from bridge.dist.control import Control, RegSend, Send, SpawnRequest
from bridge.dist.flags import Flag


class _Need(enum.Enum):
    DATA = "need data"


NEED_DATA: Final = _Need.DATA


class NameReceived(msgspec.Struct, frozen=True):
    """Someone connected and says who they are; nothing is proven yet. Answer with `Connection.accept` or `refuse`."""

    name: str
    flags: Flag


class AliveAsked(msgspec.Struct, frozen=True):
    """The peer believes that it is still connected to us. Answer with `Connection.insist`."""


class Established(msgspec.Struct, frozen=True):
    """Both sides have proven the cookie; messages may flow."""

    peer: str
    flags: Flag
    creation: int | None


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as it came: `payload` is the undecoded term, version byte first.

    A peer's messages to one process in a row share one `control` object, so that a driver can look it up once.
    """

    control: Send | RegSend | SpawnRequest
    payload: bytes


class Signal(msgspec.Struct, frozen=True, gc=False):
    """A control message without a message behind it."""

    control: Control


class Ended(msgspec.Struct, frozen=True):
    """The peer closed a connection that was up."""


Event: TypeAlias = NameReceived | AliveAsked | Established | Message | Signal | Ended | Literal[_Need.DATA]
