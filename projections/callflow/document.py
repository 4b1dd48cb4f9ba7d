"""The document of one call: the contract that everybody outside reads, as typed values.

The fold builds these; the runner stores their JSON; nothing else in Harmony says what a call looks like. Instants are
integers, microseconds since 1970 UTC, and become text only in `render`, because a call is written many times while it
lives and a date object per field and write costs more than the rest. Durations are seconds. No logic of calls in here.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import msgspec

from projections.callflow.slices import PORTION, Slices

Direction = Literal["internal", "inbound", "outbound"]
State = Literal["ringing", "talking", "held", "queued", "parked", "ivr", "voicemail", "conference", "complete"]
Outcome = Literal[
    "answered", "no_answer", "busy", "rejected", "cancelled", "failed", "voicemail", "abandoned", "unserved"
]
SegmentKind = Literal[
    "ring",
    "early_media",
    "ivr",
    "queue",
    "talk",
    "consult",
    "hold",
    "park",
    "conference",
    "voicemail",
    "announcement",
    "monitor",
    "record",
]
OfferOutcome = Literal[
    "answered", "no_answer", "busy", "rejected", "answered_elsewhere", "cancelled", "forwarded", "failed"
]
TransferKind = Literal[
    "blind", "attended", "semi_attended", "forward", "pickup", "park", "retrieve", "park_return", "command"
]
TransferResult = Literal["completed", "failed", "returned"]
Quality = Literal["observed", "bounded", "inferred", "gap"]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who called. `user` is None for people outside."""

    party: str | None = None
    number: str | None = None
    name: str | None = None
    user: str | None = None


class Hangup(msgspec.Struct, frozen=True, kw_only=True):
    """How the call ended; `by` is a party or "switch", None where nobody saw it."""

    by: str | None = None
    cause: str | None = None
    sip_status: int | None = None


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One participant with what it did in this call."""

    party: str
    user: str | None = None
    role: str | None = None
    talk_seconds: float = 0.0
    held_seconds: float = 0.0


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which one thing was the case; `ended_at` and `seconds` are None while it lasts.

    A key of `detail` that ends in `_at` and holds an integer is an instant, and rendered as one.
    """

    kind: SegmentKind
    parties: list[str]
    started_at: int
    ended_at: int | None = None
    seconds: float | None = None
    quality: Quality = "observed"
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One phone that rang, or should have; `outcome` is None while it rings."""

    to: str
    started_at: int
    ended_at: int | None = None
    outcome: OfferOutcome | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A change of who talks with whom, caused by `by`; `result` is None while it is open."""

    kind: TransferKind
    by: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    at: int
    result: TransferResult | None = None
    passes: int = 1
    """how often the call was passed on: more than once by forwards that lead back to each other, told as one"""


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of one switch.

    A leg whose end nobody saw ended between `ended_at`, when it was last known to live, and `gone_at`.
    """

    leg_id: str
    party: str | None = None
    role: str | None = None
    switch: str | None = None
    created_at: int | None = None
    answered_at: int | None = None
    ended_at: int | None = None
    gone_at: int | None = None
    quality: Quality = "observed"
    cause: str | None = None
    sip_call_id: str | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why legs are one call: the field that said so, and the position of the switch event that carried it."""

    legs: list[str]
    why: str
    position: int


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another call that has to do with this one without being it: the same conference room, a call that is heard.

    A call that tells of the same conversation, or probably does, is not named: `related` is a word that both have, by
    which who may see both finds them.
    """

    call_id: str | None = None
    why: str
    related: str | None = None
    quality: Quality = "observed"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What the people of one call lived through."""

    call_id: str
    aliases: list[str] = msgspec.field(default_factory=list)
    tenant: str | None = None
    direction: Direction
    from_: Caller = msgspec.field(name="from")
    dialled: str | None = None
    state: State
    answered: bool = False
    outcome: Outcome | None = None
    answered_by: str | None = None
    started_at: int
    answered_at: int | None = None
    ended_at: int | None = None
    hangup: Hangup | None = None
    talk_seconds: float = 0.0
    parties: list[Party] = msgspec.field(default_factory=list)
    segments: list[Segment] = msgspec.field(default_factory=list)
    offers: list[Offer] = msgspec.field(default_factory=list)
    transfers: list[Transfer] = msgspec.field(default_factory=list)
    legs: list[Leg] = msgspec.field(default_factory=list)
    links: list[Link] = msgspec.field(default_factory=list)
    quality: Quality = "observed"
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    version: int = 0
    first_position: int
    last_position: int


@lru_cache(maxsize=8192)
def _second(value: int) -> str:
    return datetime.fromtimestamp(value, UTC).isoformat()[:19]


def instant_text(micros: int) -> str:
    """Microseconds since 1970 as "2026-11-23T08:51:16.818426Z"."""
    second, micro = divmod(micros, 1_000_000)
    return f"{_second(second)}.{micro:06d}Z"


def instant(text: str) -> int:
    """The way back from `instant_text`; takes any RFC 3339 time with an offset."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


# A key that ends so, with a number behind it. Inside a JSON string a quote is always escaped, so that no text that
# somebody put into a name can look like this.
_INSTANT_FIELD = re.compile(rb'[_"]at":-?\d+')
_encode = msgspec.json.Encoder().encode
_MOST_RENDERED = 50_000
_AT_ONCE = 8 * PORTION


class _Rendered(dict[bytes, bytes]):
    """Instants already made text: the same ones come with every version of a call."""

    def __missing__(self, field: bytes) -> bytes:
        name, _, number = field.rpartition(b":")
        text = b'%b:"%b"' % (name, instant_text(int(number)).encode())
        if len(self) >= _MOST_RENDERED:
            self.clear()
        self[field] = text
        return text


_rendered = _Rendered()


def render(document: msgspec.Struct | dict[str, Any]) -> bytes:
    """The JSON of a call, or of a part of one, with instants as text."""
    return _json(document)


def rendering(call: Call) -> Slices[bytes]:
    """`render` of a call in slices."""
    fields = []
    for field in msgspec.structs.fields(call):
        value = getattr(call, field.name)
        if not isinstance(value, list) or len(value) <= _AT_ONCE:
            fields.append(_json({field.encode_name: value})[1:-1])
            continue
        pieces = []
        for at in range(0, len(value), _AT_ONCE):
            pieces.append(_json(value[at : at + _AT_ONCE])[1:-1])
            yield
        fields.append(b'"%b":[%b]' % (field.encode_name.encode(), b",".join(pieces)))
    return b"{%b}" % b",".join(fields)


def _json(value: object) -> bytes:
    return _INSTANT_FIELD.sub(lambda found: _rendered[found[0]], _encode(value))
