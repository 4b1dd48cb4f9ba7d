"""Which leg of a call is meant: from its document, by party or leg, or because there is only one. Pure.

What the document says is as old as the position it is true at; the switch has the last word, and says so in the
outcome.
"""

from collections.abc import Sequence

import msgspec

from api.commands.bodies import OfOne
from api.commands.errors import CallEnded, NoLeg, WhichLeg
from core.commands.checks import shown
from projections.callflow.kinds import BETWEEN


class _Decoded(msgspec.Struct, frozen=True):
    """Read from JSON; what is not named here is left out."""


class SeenLeg(_Decoded, frozen=True):
    leg_id: str
    party: str | None = None
    role: str | None = None
    switch: str | None = None
    answered_at: str | None = None
    ended_at: str | None = None

    @property
    def live(self) -> bool:
        return self.ended_at is None


class SeenParty(_Decoded, frozen=True):
    party: str
    user: str | None = None


class SeenCaller(_Decoded, frozen=True):
    party: str | None = None
    user: str | None = None


class SeenSegment(_Decoded, frozen=True):
    kind: str
    parties: list[str]
    started_at: str
    ended_at: str | None = None
    detail: dict[str, object] = {}


class SeenCall(_Decoded, frozen=True):
    """As much of a call document as commands need."""

    call_id: str
    tenant: str | None
    state: str
    aliases: list[str]
    parties: list[SeenParty]
    segments: list[SeenSegment]
    legs: list[SeenLeg]
    from_: SeenCaller = msgspec.field(name="from", default=SeenCaller())

    @property
    def live_legs(self) -> list[SeenLeg]:
        return [leg for leg in self.legs if leg.live]

    @property
    def going(self) -> list[SeenSegment]:
        """What is the case now."""
        return [segment for segment in self.segments if segment.ended_at is None]


_decode = msgspec.json.Decoder(SeenCall).decode


def seen(document: bytes) -> SeenCall:
    """The call that a document tells of, which must be live: raises `CallEnded`."""
    call = _decode(document)
    if call.state == "complete" or not call.live_legs:
        raise CallEnded(f"The call {call.call_id} has ended: there is nobody in it to command.")
    return call


def named(call: SeenCall, wanted: OfOne) -> SeenLeg | None:
    """The leg that a body names, None when it names none; raises `NoLeg`, `WhichLeg`."""
    if wanted.party is not None and wanted.leg is not None:
        raise WhichLeg("Say party or leg, not both.")
    if wanted.leg is not None:
        return by_id(call, wanted.leg)
    return None if wanted.party is None else by_party(call, wanted.party)


def by_id(call: SeenCall, leg_id: str) -> SeenLeg:
    found = next((leg for leg in call.legs if leg.leg_id == leg_id), None)
    if found is None:
        raise NoLeg(f"The call {call.call_id} has no leg {shown(leg_id)}: it has {_legs(call.live_legs)}.")
    if not found.live:
        raise NoLeg(f"The leg {leg_id} of {found.party} has ended: still there is {_legs(call.live_legs)}.")
    return found


def by_party(call: SeenCall, name: str) -> SeenLeg:
    """The one live leg of a party, by its name in the call or by its user."""
    names = {name} | {one.party for one in call.parties if one.user == name}
    found = [leg for leg in call.live_legs if leg.party in names]
    if not found:
        raise NoLeg(f"{shown(name)} has no leg in the call {call.call_id} now: there is {_legs(call.live_legs)}.")
    if len(found) > 1:
        raise WhichLeg(f"{shown(name)} has several legs in the call {call.call_id}, so say `leg`: {_legs(found)}.")
    return found[0]


def anybody(call: SeenCall, wanted: str) -> SeenLeg:
    """A party or a leg's id."""
    if any(leg.leg_id == wanted for leg in call.legs):
        return by_id(call, wanted)
    return by_party(call, wanted)


def only(call: SeenCall, what: str) -> SeenLeg:
    """The leg, where there is but one."""
    if len(call.live_legs) > 1:
        raise WhichLeg(f"Say which party {what}, as `party` or `leg`: there is {_legs(call.live_legs)}.")
    return call.live_legs[0]


def caller(call: SeenCall) -> SeenLeg:
    """The caller's leg; once that is gone, the oldest that is left (who is on the line takes over the call)."""
    return next((leg for leg in call.live_legs if leg.role == "caller"), call.live_legs[0])


def ringing(call: SeenCall) -> SeenLeg:
    """A leg that rings: the one who takes the call stops them all, so any will do."""
    parties = {party for segment in call.going if segment.kind == "ring" for party in segment.parties}
    found = [leg for leg in call.live_legs if leg.answered_at is None and leg.party in parties]
    if not found:
        raise NoLeg(f"No phone rings in the call {call.call_id} now: only a call that rings can be picked up.")
    return found[0]


def peer(call: SeenCall, leg: SeenLeg) -> SeenLeg:
    """Who talks with a leg now, or last did before one put the other on hold; raises `NoLeg`, `WhichLeg`."""
    talks = [one for one in call.segments if one.kind in BETWEEN]
    with_it = [one for one in talks if leg.party in _people(one)]
    going = [one for one in with_it if one.ended_at is None]
    latest = max(going, key=lambda one: one.started_at, default=None)
    others = set(_people(latest)) - {leg.party} if latest is not None else set()
    found = [one for one in call.live_legs if one.party in others and one.leg_id != leg.leg_id]
    if not found:
        raise NoLeg(f"{leg.party} talks with nobody in the call {call.call_id} now: there is {_legs(call.live_legs)}.")
    if len(found) > 1:
        raise WhichLeg(f"{leg.party} talks with several, so say the other one's `leg`: {_legs(found)}.")
    return found[0]


def holder(call: SeenCall) -> SeenLeg:
    """Who pressed hold, where that is one."""
    pressed = {str(one.detail.get("by")) for one in call.going if one.kind == "hold" and one.detail.get("by")}
    if not pressed:
        raise NoLeg(f"Nobody is on hold in the call {call.call_id} now.")
    if len(pressed) > 1:
        raise WhichLeg(f"Several hold each other, so say which party lets go: {', '.join(sorted(pressed))}.")
    return by_party(call, pressed.pop())


def in_room(call: SeenCall, room: str) -> list[SeenLeg]:
    """The legs of a call that are in a conference room now."""
    parties = {
        p for one in call.going if one.kind == "conference" and one.detail.get("room") == room for p in one.parties
    }
    return [leg for leg in call.live_legs if leg.party in parties]


def _people(segment: SeenSegment) -> Sequence[str]:
    """The parties, and for a hold also who pressed it."""
    by = segment.detail.get("by")
    return [*segment.parties, by] if segment.kind == "hold" and isinstance(by, str) else segment.parties


def _legs(legs: Sequence[SeenLeg]) -> str:
    """Legs in a sentence."""
    return ", ".join(f"{leg.party} on {leg.leg_id}" for leg in legs[:8]) or "nobody"
