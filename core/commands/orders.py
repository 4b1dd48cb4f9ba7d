"""What may be asked of a switch: one value an order, and the command that carries it. Frozen, tagged by ``kind``.

An order names legs, users and numbers that were found and checked already; how it becomes words for a switch is the
bridge's concern (bridge/control), which texts are allowed is that of `core.commands.checks`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from core.errors import HarmonyError

EavesdropMode = Literal["listen", "whisper", "barge"]
Result = Literal["ok", "failed", "expired", "unknown"]
"""ok: the switch did it; failed: it refused; expired: never sent; unknown: sent perhaps, and nothing was heard"""
State = Literal["requested", "sending", "sent", "completed"]


class CommandError(HarmonyError):
    """A command that cannot be taken."""

    code = "command"


class BadOrder(CommandError):
    """A value of an order that no switch must ever see."""

    code = "command.bad-argument"


class KeyReused(CommandError):
    """The idempotency key belongs to another command."""

    code = "command.key-reused"


class _Order(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What all orders share: how they are written."""


class Originate(_Order, frozen=True, kw_only=True, tag="originate"):
    """Call a user's phone, and when it answers, the number for it (click-to-call)."""

    from_user: str
    """who is called first: 1001@alpha.example"""
    to: str
    context: str
    """the dialplan context in which ``to`` is dialled: the company's own, never that of whoever called in"""
    caller_name: str | None = None
    timeout: int = 30
    """seconds that the user's own phone rings"""


class Hangup(_Order, frozen=True, kw_only=True, tag="hangup"):
    """End a leg."""

    leg: str
    cause: str = "NORMAL_CLEARING"


class TransferBlind(_Order, frozen=True, kw_only=True, tag="transfer.blind"):
    """Move a leg to a number."""

    leg: str
    """the one that is moved; who talked with it is let go"""
    to: str
    context: str


class TransferAttendedStart(_Order, frozen=True, kw_only=True, tag="transfer.attended"):
    """Put a leg's peer on hold and let the leg talk with a third one first."""

    leg: str
    """the transferor's"""
    other: str
    """its peer: who will be moved"""
    to: str
    context: str


class TransferAttendedComplete(_Order, frozen=True, kw_only=True, tag="transfer.complete"):
    """Join the held leg with the third one; the transferor is out."""

    leg: str
    other: str
    consult: str
    """the third one's leg, as the start reported it"""


class TransferAttendedCancel(_Order, frozen=True, kw_only=True, tag="transfer.cancel"):
    """End the third one's leg and join the two again."""

    leg: str
    other: str
    consult: str


class Conference(_Order, frozen=True, kw_only=True, tag="conference"):
    """Move a leg and whom it talks with into a room, so that more can come."""

    leg: str
    to: str
    """the room's number, dialled for both"""
    context: str


class Hold(_Order, frozen=True, kw_only=True, tag="hold"):
    """Put whom the leg talks with on hold, as if the leg's phone had pressed the key."""

    leg: str


class Resume(_Order, frozen=True, kw_only=True, tag="resume"):
    """End such a hold."""

    leg: str


class Park(_Order, frozen=True, kw_only=True, tag="park"):
    """Park a leg."""

    leg: str
    lot: str | None = None
    """a slot, None: whichever is free"""
    context: str | None = None
    """the company's domain, which the names of its parking lots carry (``lot@alpha.example``)"""


class Pickup(_Order, frozen=True, kw_only=True, tag="pickup"):
    """Let a user's phone take a call that rings elsewhere."""

    from_user: str
    leg: str
    """the leg that rings"""
    timeout: int = 30


class Eavesdrop(_Order, frozen=True, kw_only=True, tag="eavesdrop"):
    """Call a user's phone, and let it hear a leg's talk."""

    from_user: str
    leg: str
    mode: EavesdropMode = "listen"
    timeout: int = 30


class RecordStart(_Order, frozen=True, kw_only=True, tag="record.start"):
    """Record a leg's talk into a file whose name the server chose."""

    leg: str
    name: str


class RecordStop(_Order, frozen=True, kw_only=True, tag="record.stop"):
    """End such a recording."""

    leg: str
    name: str


class Dtmf(_Order, frozen=True, kw_only=True, tag="dtmf"):
    """Send digits to a leg's phone or trunk."""

    leg: str
    digits: str
    duration: int = 200
    """milliseconds a digit"""


class SendMessage(_Order, frozen=True, kw_only=True, tag="message"):
    """Show a text on a leg's phone (SIP MESSAGE in its dialogue)."""

    leg: str
    text: str


class ConferenceMute(_Order, frozen=True, kw_only=True, tag="conference.mute"):
    """Mute the member that a leg is, in a room."""

    room: str
    """as the switch names it: ``3001-alpha.example``, where call documents say ``3001``"""
    leg: str


class ConferenceUnmute(_Order, frozen=True, kw_only=True, tag="conference.unmute"):
    room: str
    leg: str


class ConferenceKick(_Order, frozen=True, kw_only=True, tag="conference.kick"):
    room: str
    leg: str


Order: TypeAlias = (
    Originate
    | Hangup
    | TransferBlind
    | TransferAttendedStart
    | TransferAttendedComplete
    | TransferAttendedCancel
    | Conference
    | Hold
    | Resume
    | Park
    | Pickup
    | Eavesdrop
    | RecordStart
    | RecordStop
    | Dtmf
    | SendMessage
    | ConferenceMute
    | ConferenceUnmute
    | ConferenceKick
)
ORDERS: tuple[type[_Order], ...] = tuple(_Order.__subclasses__())
KINDS: tuple[str, ...] = tuple(str(order.__struct_config__.tag) for order in ORDERS)


def kind_of(order: Order) -> str:
    """Return the order's name, such as ``transfer.blind``."""
    return str(order.__struct_config__.tag)


def leg_of(order: Order) -> str | None:
    """Return the leg that the order is about, None where it makes its own."""
    return None if isinstance(order, Originate) else order.leg


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """An order on its way, as who carries it out gets it."""

    command_id: UUID
    switch: str
    """the node name of the switch that has to do it"""
    order: Order
    tenant: str | None
    by: str
    call_id: str | None
    requested_at: int
    """µs since the epoch, by the database's clock"""
    deadline: int
    """µs since the epoch: what was not sent by then is never sent"""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with a command, for who asks for it."""

    command_id: UUID
    kind: str
    switch: str
    call_id: str | None
    leg: str | None
    """the leg that it is about"""
    tenant: str | None
    by: str
    state: State
    result: Result | None
    said: str | None
    """the switch's own words"""
    new_leg: str | None
    """the leg that was made, if one was"""
    requested_at: int
    deadline: int
    sent_at: int | None
    completed_at: int | None
