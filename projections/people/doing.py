"""What a live call means for each of its users: he talks, it rings there, he is held, he calls; since when, with whom.

Read off the document that everybody gets, now or as it was, so that a lamp never says other things than the call. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from projections.callflow.document import Call, render

Does = Literal["talking", "ringing", "dialling", "held"]
RANK: dict[Does, int] = {"talking": 0, "ringing": 1, "dialling": 2, "held": 3}
"""of several calls of one user the one that his phone is busy with"""
_HOPS = frozenset({"loopback", "hop"})
"""legs that stand between people, and are nobody's phone"""
_TALKS = frozenset({"talk", "consult", "conference"})
_SERVICES = ("queue:", "park:", "ivr:", "voicemail:")


class Other(msgspec.Struct, frozen=True):
    """Somebody in a call: an extension, a number or a service."""

    party: str
    user: str | None = None
    """where the switch knows him as one"""
    name: str | None = None
    """that he shows as the caller"""


class Doing(msgspec.Struct, frozen=True):
    """What a user does in one call."""

    does: Does
    since: str
    """the instant, as the document has it"""
    call_id: str
    others: tuple[Other, ...] = ()
    """who talks with him, who calls him, whom he calls"""


class _Person(msgspec.Struct):
    party: str | None = None
    user: str | None = None
    name: str | None = None


class _Stretch(msgspec.Struct):
    kind: str
    parties: list[str]
    started_at: str
    ended_at: str | None = None
    detail: dict[str, Any] = {}


class _Leg(msgspec.Struct):
    party: str | None = None
    role: str | None = None
    created_at: str | None = None
    ended_at: str | None = None


class _Told(msgspec.Struct):
    call_id: str = ""
    started_at: str = ""
    from_: _Person = msgspec.field(name="from", default_factory=_Person)
    dialled: str | None = None
    state: str = ""
    parties: list[_Person] = []
    segments: list[_Stretch] = []
    legs: list[_Leg] = []


_told = msgspec.json.Decoder(_Told).decode


def doings(document: bytes) -> dict[str, Doing]:
    """By user (1001@alpha.example): what he does in a live call; who has left it does nothing there."""
    call = _told(document)
    if call.state == "complete":
        return {}
    going = [one for one in call.segments if one.ended_at is None]
    found = {}
    for person in (call.from_, *call.parties):
        if person.user is None or person.party is None or person.user in found:
            continue
        if (doing := _doing(call, going, person.party)) is not None:
            found[person.user] = doing
    return found


def doings_of(calls: Iterable[Call]) -> dict[str, dict[str, Doing]]:
    """The same of calls as they were: by call, by user."""
    return {call.call_id: doings(render(call)) for call in calls}


def _doing(call: _Told, going: list[_Stretch], me: str) -> Doing | None:
    own = [one for one in going if me in one.parties]
    legs = [leg for leg in call.legs if leg.party == me and leg.ended_at is None and leg.role not in _HOPS]
    holding = [one for one in going if one.kind == "hold" and one.detail.get("by") == me and me not in one.parties]
    if not own and not legs:
        return None
    talks = [one for one in own if one.kind in _TALKS]
    rings = [one for one in own if one.kind == "ring"]
    held = [one for one in own if one.kind == "hold"] or holding
    if talks:
        return _told_of(call, "talking", talks, me)
    if rings:
        return _told_of(call, "ringing", rings, me, (call.from_.party,))
    if held:
        more = [str(one.detail["by"]) for one in held if one.detail.get("by")]
        return _told_of(call, "held", held, me, more)
    if call.from_.party == me:
        ringing = [party for one in going if one.kind == "ring" for party in one.parties]
        whom = ringing or ([call.dialled] if call.dialled else [])
        return Doing("dialling", call.started_at, call.call_id, _others(call, whom))
    if own:  # a menu, a voicemail box, an announcement: his phone is busy
        return _told_of(call, "talking", own, me)
    since = min((leg.created_at for leg in legs if leg.created_at), default=call.started_at)
    return Doing("dialling", since, call.call_id)


def _told_of(call: _Told, does: Does, stretches: list[_Stretch], me: str, more: Iterable[str | None] = ()) -> Doing:
    parties = dict.fromkeys(party for one in stretches for party in (*one.parties, *more) if party and party != me)
    people = [party for party in parties if not party.startswith(_SERVICES)]
    since = min(one.started_at for one in stretches)
    return Doing(does, since, call.call_id, _others(call, people or list(parties)))


def _others(call: _Told, parties: Iterable[str]) -> tuple[Other, ...]:
    users = {one.party: one.user for one in (*call.parties, call.from_)}
    caller = call.from_
    return tuple(
        Other(party, users.get(party), caller.name if party == caller.party and caller.name != party else None)
        for party in parties
    )


__all__ = ["RANK", "Does", "Doing", "Other", "doings", "doings_of"]
