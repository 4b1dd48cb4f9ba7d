"""The data of events about calls: what `projections.callflow.milestones` tells, typed for those who read it.

Every one begins with the call, its direction and the cause; the words are those of the call document.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from projections.callflow.details import Party
from projections.callflow.document import Direction, OfferOutcome, Outcome, Quality, TransferKind, TransferResult

Instant = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""an instant as text: RFC 3339 with microseconds, UTC"""


class OfCall(msgspec.Struct, frozen=True, kw_only=True):
    """What every event about a call says; the call by the id that it had when this was published."""

    call_id: str
    direction: Direction | None
    caused_position: int
    """position in the switch log of the event that caused this one"""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who called; `user` is null for people outside."""

    party: Party | None
    user: str | None


class CallStarted(OfCall, frozen=True, kw_only=True):
    from_: Person = msgspec.field(name="from")
    dialled: str | None


class CallOffered(OfCall, frozen=True, kw_only=True):
    to: Party


class CallOfferEnded(OfCall, frozen=True, kw_only=True):
    to: Party
    outcome: OfferOutcome


class CallAnswered(OfCall, frozen=True, kw_only=True):
    by: Party | None


class OfSegment(OfCall, frozen=True, kw_only=True):
    """What every event about a segment says; `of_segments` adds the detail, and how long it was."""

    parties: list[Party]


class CallTransferred(OfCall, frozen=True, kw_only=True):
    kind: TransferKind
    by: Party | None
    from_: Party | None = msgspec.field(name="from")
    to: Party | None
    result: TransferResult


class CallHangup(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended; `by` is a party or "switch", null where nobody saw it."""

    by: Party | None
    cause: str | None


class CallEnded(OfCall, frozen=True, kw_only=True):
    outcome: Outcome | None
    talk_seconds: float
    hangup: CallHangup | None
    quality: Quality


class CallMerged(OfCall, frozen=True, kw_only=True):
    alias: str
    """the id of the call that is part of this one from now on"""


Change = Literal["added", "removed", "restored"]


class CallNoted(OfCall, frozen=True, kw_only=True):
    change: Change
    note_id: str
    text: str
    """the note; of one that was removed, as it was"""
    by: str
    """who did it"""


class CallTagged(OfCall, frozen=True, kw_only=True):
    change: Change
    tag: str
    by: str
    """who did it"""


class CallCorrected(OfCall, frozen=True, kw_only=True):
    """One of two: a single event that was otherwise (`type`, `key`, `data`), or a whole call (`correction`)."""

    type: str | UnsetType = UNSET
    """the type of the event that was published before"""
    key: str | UnsetType = UNSET
    """what tells it apart from others of its type in this call"""
    data: dict[str, Any] | UnsetType | None = UNSET
    """what it says now; null: it did not happen"""
    correction: Literal["changed", "added", "gone"] | UnsetType = UNSET
    """the calls were derived again: the document of this one is to be read again"""
