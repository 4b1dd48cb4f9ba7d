"""From the facts of one call to its legs, each as all its facts together describe it.

For whom a leg stands is said by `identity`, which leg began the call by `origin`.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from core.numbers import instant
from projections.callflow.fact import Fact
from projections.callflow.headers import multiple
from projections.callflow.hops import CALLED, other_end
from projections.callflow.identity import distinguish, name_party, name_transferors, name_user
from projections.callflow.leg import Leg
from projections.callflow.origin import caller_of
from projections.callflow.slices import PORTION, Slices

# Ties that name the leg that made this one, strongest first.
_PARENTS = ("originator", "cc_member_session_uuid", "other_leg")


def first_names(facts: Sequence[Fact]) -> dict[str, str]:
    """From each later id of a leg to its first one (CHANNEL_UUID changes a leg's Unique-ID while it lives)."""
    renamed = {fact.leg: fact.data["old"] for fact in facts if fact.kind == "renamed" and fact.data.get("old")}
    names: dict[str, str] = {}
    for leg_id in renamed:
        first, seen = leg_id, {leg_id}
        while first in renamed and renamed[first] not in seen:
            first = renamed[first]
            seen.add(first)
        names[leg_id] = first
    return names


def legs_of(facts: Sequence[Fact], names: dict[str, str]) -> Slices[dict[str, Leg]]:
    """All legs that the facts speak of, sorted as they came about. Legs that are only named have no times."""
    legs: dict[str, Leg] = {}

    def leg_of(leg_id: str) -> Leg:
        leg_id = names.get(leg_id, leg_id)
        if leg_id not in legs:
            legs[leg_id] = Leg(leg_id)
        return legs[leg_id]

    losses: list[Fact] = []
    for number, fact in enumerate(facts, start=1):
        if number % (8 * PORTION) == 0:
            yield
        leg = leg_of(fact.leg)
        for tie in fact.ties:
            leg_of(tie.leg)
        if fact.kind in ("lost", "gone", "gap"):
            losses.append(fact)
        elif fact.kind != "command":
            _take(leg, fact)
    _join_hops(legs)
    yield
    for number, leg in enumerate(legs.values(), start=1):
        _settle(leg)
        if number % (8 * PORTION) == 0:
            yield
    distinguish(legs)
    name_transferors(legs)
    yield
    yield from _parents(facts, legs, leg_of)
    yield
    for fact in losses:
        _lose(leg_of(fact.leg), fact)
    return dict(sorted(legs.items(), key=lambda item: (item[1].created_at or 1 << 62, item[1].first_order, item[0])))


def _take(leg: Leg, fact: Fact) -> None:
    data = fact.data
    if not leg.last_seen:
        leg.first_order = fact.order
        leg.switch = fact.switch
    leg.last_seen = max(leg.last_seen, fact.at) if fact.kind != "closed" else leg.last_seen
    if fact.kind not in ("alive", "closed"):
        first, last = leg.runs.get(fact.run, (fact.at, fact.at))
        leg.runs[fact.run] = (min(first, fact.at), max(last, fact.at))
    if created := _instant(data.get("created")):
        leg.created_at = min(leg.created_at or created, created)
    if answered := _instant(data.get("answered")):
        leg.answered_at = leg.answered_at or answered
    if fact.kind in ("create", "answer", "complete", "alive"):
        _describe(leg, data)
    if fact.kind in ("progress", "early"):
        leg.hop = leg.hop or data.get("hop", "")
        leg.domain, leg.company = leg.domain or data.get("domain", ""), leg.company or data.get("company", "")
    if data.get("redirected") and fact.kind in ("progress", "early", "answer", "alive") and not leg.redirected_to:
        leg.redirected_to, leg.redirected_at = data["redirected"], fact.at
    if fact.kind == "create":
        leg.begin_seen = True
    elif fact.kind == "answer":
        # The event's own time: the header's is rounded to the switch's timer tick.
        leg.answered_at = fact.at if not data.get("recovered") else leg.answered_at or fact.at
    elif fact.kind == "execute":
        leg.domain = leg.domain or data.get("domain", "")
        if destination := data.get("destination"):
            leg.destinations.append(destination)
        leg.context = data.get("context") or leg.context
    elif fact.kind in ("progress", "early"):
        leg.rang = True
    elif fact.kind == "closed":
        leg.closed = True
    elif fact.kind == "hangup":
        leg.ended_at, leg.ended_seq = fact.at, fact.seq
        leg.cause = leg.cause or data.get("cause", "")
        leg.bowout = data.get("bowout") or leg.bowout
    elif fact.kind == "complete":
        leg.ended_at = leg.ended_at or _instant(data.get("hungup")) or fact.at
        leg.closed = True
        leg.cause = data.get("cause") or leg.cause
        leg.disposition = data.get("disposition", "")
        leg.originate = data.get("originate", "")
        leg.status = data.get("status", "")
        leg.refer = data.get("refer", "")
        leg.transfer_to = data.get("transfer_to", "")
        leg.redirect = data.get("redirect", "")
        leg.elsewhere = data.get("elsewhere", "")
        leg.history = multiple(data.get("history", ""))
        leg.silent = data.get("heard") == "0"


def _describe(leg: Leg, data: dict[str, str]) -> None:
    leg.name = leg.name or data.get("name", "")
    leg.direction = leg.direction or data.get("direction", "")
    leg.number = leg.number or data.get("number", "")
    leg.caller_name = leg.caller_name or data.get("full_name", "") or data.get("caller_name", "")
    leg.destination = leg.destination or data.get("destination", "")
    leg.context = data.get("context", "") or leg.context
    leg.domain = leg.domain or data.get("domain", "")
    leg.company = leg.company or data.get("company", "")
    leg.requested = leg.requested or data.get("requested", "")
    leg.sip_call_id = leg.sip_call_id or data.get("sip_call_id", "")
    if leg.looped:
        # The phone's leg keeps the variable of a pair that has bowed out.
        leg.loopback = leg.loopback or data.get("loopback")
    leg.agent = leg.agent or data.get("agent", "")
    leg.hop = leg.hop or data.get("hop", "")
    name_user(leg, data)


def _join_hops(legs: dict[str, Leg]) -> None:
    """Find the two ends of each hop: the leg that another switch called comes from the one that called it."""
    calling = {key: leg for leg in legs.values() for key in leg.hop.split() if not key.startswith(CALLED)}
    for leg in legs.values():
        others = (calling.get(other_end(key)) for key in leg.hop.split() if key.startswith(CALLED))
        other = next((one for one in others if one is not None), None)
        if other is not None:
            leg.far, other.far = other.leg_id, other.far or leg.leg_id


def _settle(leg: Leg) -> None:
    """What only stands when all facts are in."""
    if not leg.last_seen:
        return
    leg.created_at = leg.created_at or leg.first_order[0]
    name_party(leg)
    runs = sorted(leg.runs.items(), key=lambda item: item[1])
    # A switch that died in between took the bridge with it, whatever became of the leg (sofia recover).
    leg.cut_at = [last for (_, (_, last)), _ in pairwise(runs)]


def _parents(facts: Sequence[Fact], legs: dict[str, Leg], leg_of: Callable[[str], Leg]) -> Slices[None]:
    strength: dict[str, int] = {}
    for number, fact in enumerate(facts, start=1):
        if number % (32 * PORTION) == 0:
            yield
        for tie in fact.ties:
            if tie.why not in _PARENTS:
                continue
            leg, parent, rank = leg_of(fact.leg), leg_of(tie.leg), _PARENTS.index(tie.why)
            if leg is not parent and rank < strength.get(leg.leg_id, len(_PARENTS)):
                strength[leg.leg_id] = rank
                leg.parent = parent.leg_id
    yield
    for leg in legs.values():
        if leg.loopback:  # the other half may have got another id since (origination_uuid)
            leg.loopback = leg_of(leg.loopback).leg_id
        # The second half of a loopback pair comes from the first, which is outbound and has a parent of its own.
        if leg.loopback and leg.direction == "inbound" and leg.parent is None:
            leg.parent = leg_of(leg.loopback).leg_id
        if leg.far and leg.hop.startswith(CALLED):
            leg.parent = leg.far
    for leg in legs.values():
        # Who stands behind a hop is who called over it, whatever number the other switch was shown.
        if leg.far and (caller := caller_of(leg, legs)) is not None:
            leg.party = caller.party if leg.hop.startswith(CALLED) else leg.party


def _lose(leg: Leg, fact: Fact) -> None:
    since, until = _instant(fact.data.get("since")) or leg.last_seen, _instant(fact.data.get("until")) or fact.at
    if fact.kind == "gap":
        if len(leg.runs) > 1:
            leg.cut_at = [max(cut, since) if cut <= since <= until else cut for cut in leg.cut_at]
        elif not leg.ended_at and leg.last_seen <= since:
            leg.last_seen = since
        return
    if leg.ended_at and leg.end_quality == "observed":
        return
    lives_on = fact.run in leg.runs or any(first >= until for first, _ in leg.runs.values())
    if (fact.kind == "lost" and lives_on) or leg.last_seen >= until:
        return
    if not leg.ended_at or until < leg.end_bound:
        leg.ended_at, leg.end_bound, leg.end_quality = leg.last_seen, until, "inferred"
        leg.closed = True


def _instant(value: str | None) -> int:
    return instant(value) or 0
