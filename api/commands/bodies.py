"""What each command takes, as its JSON body and as the options of the command line. Values are checked by the order."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.commands import checks
from core.commands.orders import EavesdropMode


def _says(says: str, pattern: str | None = None, form: str | None = None, example: str | None = None) -> Meta:
    """What the description tells of a text; the order's own checks say in a sentence what is wrong with one."""
    more = {"pattern": f"^{pattern}$" if pattern else None, "format": form}
    return Meta(
        description=says,
        examples=[example] if example else None,
        extra_json_schema={name: value for name, value in more.items() if value},
    )


Party = Annotated[str, Meta(description="One of the call's parties: an extension, a number, or a user", max_length=320)]
Leg = Annotated[str, Meta(description="One of the call's legs by its id, instead of a party", max_length=128)]
Number = Annotated[str, _says("What to dial", checks.NUMBER, example="1003")]
User = Annotated[str, _says("Whose phone is called first", checks.USER, example="1001@alpha.example")]
Context = Annotated[str, _says("For operators: another dialplan context than the company's own", checks.CONTEXT)]
Timeout = Annotated[int, Meta(description="Seconds that the user's own phone rings", ge=5, le=120)]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A body: nothing but what it names."""


class OfOne(_Body, frozen=True, kw_only=True):
    """A command to one party of a call. At most one of both; none where only one can be meant."""

    party: Party | None = None
    leg: Leg | None = None


class CallBody(_Body, frozen=True, kw_only=True):
    """Click-to-call: the user's phone is called, and when it answers, the number for it."""

    from_: User = msgspec.field(name="from")
    to: Number
    caller_name: Annotated[str, _says("What the user's phone shows", form="caller-name")] | None = None
    timeout: Timeout = 30
    switch: Annotated[str, Meta(description="For operators: the switch's node, where there are several")] | None = None
    context: Context | None = None


class HangupBody(OfOne, frozen=True, kw_only=True):
    """End a party's leg; without one the caller's, and so the call."""

    cause: Annotated[
        str, Meta(description="What the phones are told", extra_json_schema={"enum": list(checks.CAUSES)})
    ] = "NORMAL_CLEARING"


class TransferBody(OfOne, frozen=True, kw_only=True):
    """Bring somebody of the call together with a number. `party` or `leg` is who is moved.

    `by` is who transfers (a party or a leg's id), which is the other one of the two who talk: say either.
    """

    kind: Annotated[
        Literal["blind", "attended"],
        Meta(
            description="blind: at once; attended: who transfers talks with the target first, then completes or cancels"
        ),
    ]
    to: Number
    by: Annotated[str, Meta(description="Who transfers, where that is easier to say than who is moved")] | None = None
    context: Context | None = None


class CompleteBody(_Body, frozen=True, kw_only=True):
    """Join who was put on hold with the target, and let go who transfers. No values."""


class CancelBody(_Body, frozen=True, kw_only=True):
    """Let go the target, and join the two again. No values."""


class ConferenceBody(OfOne, frozen=True, kw_only=True):
    """Move a party and whom it talks with into a conference room, which others can join."""

    room: (
        Annotated[str, _says("The room's number; the first that is empty without one", checks.NUMBER, example="3001")]
        | None
    ) = None


class HoldBody(OfOne, frozen=True, kw_only=True):
    """Put who talks with a party on hold: as if the party's phone had pressed the key."""


class ResumeBody(OfOne, frozen=True, kw_only=True):
    """End such a hold; without a party that of the one who holds."""


class ParkBody(OfOne, frozen=True, kw_only=True):
    """Park a party of the call."""

    lot: Annotated[str, _says("The slot; whichever is free without one", checks.LOT)] | None = None


class PickupBody(OfOne, frozen=True, kw_only=True):
    """Let a user's phone take a call that rings elsewhere. `party` is whose phone rings."""

    user: User


class EavesdropBody(OfOne, frozen=True, kw_only=True):
    """Call a user's phone and let it hear the talk of a party."""

    user: User
    mode: EavesdropMode = "listen"


class RecordBody(OfOne, frozen=True, kw_only=True):
    """Record the talk of a party (the caller's without one), or end that."""

    action: Literal["start", "stop"]


class DtmfBody(OfOne, frozen=True, kw_only=True):
    """Send digits to a party's phone or trunk."""

    digits: Annotated[str, _says("1 to 64 of 0-9 * # A-D", checks.DIGITS, example="12#")]
    duration: Annotated[int, Meta(description="Milliseconds a digit", ge=40, le=5000)] = 200


class MessageBody(OfOne, frozen=True, kw_only=True):
    """Show a text on a party's phone."""

    text: Annotated[
        str, _says("1 to 2000 characters, none of them control characters but line feed and tab", form="message-text")
    ]


class MuteBody(OfOne, frozen=True, kw_only=True):
    """Mute a party in the conference."""


class UnmuteBody(OfOne, frozen=True, kw_only=True):
    """Let a party of the conference be heard again."""


class KickBody(OfOne, frozen=True, kw_only=True):
    """Put a party out of the conference."""


OfCall = (
    HangupBody
    | TransferBody
    | CompleteBody
    | CancelBody
    | ConferenceBody
    | HoldBody
    | ResumeBody
    | ParkBody
    | PickupBody
    | EavesdropBody
    | RecordBody
    | DtmfBody
    | MessageBody
)
OfRoom = MuteBody | UnmuteBody | KickBody
Body = CallBody | OfCall | OfRoom

CALL_VERBS: dict[str, type[OfCall]] = {
    "hangup": HangupBody,
    "transfer": TransferBody,
    "transfer/complete": CompleteBody,
    "transfer/cancel": CancelBody,
    "conference": ConferenceBody,
    "hold": HoldBody,
    "resume": ResumeBody,
    "park": ParkBody,
    "pickup": PickupBody,
    "eavesdrop": EavesdropBody,
    "record": RecordBody,
    "dtmf": DtmfBody,
    "messages": MessageBody,
}
"""what follows /v1/calls/{call_id}/"""
ROOM_VERBS: dict[str, type[OfRoom]] = {"mute": MuteBody, "unmute": UnmuteBody, "kick": KickBody}
"""what follows /v1/conferences/{room}/"""
