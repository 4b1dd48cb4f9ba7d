"""From all facts of one call to its document: the pure heart of the call fold.

Nothing here remembers anything: the same facts, in whatever order they came, give the same document. What single
questions mean is in `legs`, `timeline`, `offers`, `transfers` and `verdict`; here their answers become one value.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from core.numbers import instant
from projections.callflow.document import Call, Caller, Direction, Evidence, Link, Party, Quality, Segment, Transfer
from projections.callflow.document import Leg as LegDocument
from projections.callflow.fact import Fact
from projections.callflow.kinds import CONNECTS, COUNTED, HEARD, SERVICES
from projections.callflow.leg import Leg
from projections.callflow.legs import first_names, legs_of
from projections.callflow.moves import Moves, service_party
from projections.callflow.offers import offered, offers_of
from projections.callflow.origin import begun, is_paged, root_of
from projections.callflow.related import LINKS, links_of
from projections.callflow.slices import PORTION, Slices, whole
from projections.callflow.stays import Stays
from projections.callflow.timeline import Stretch, course_of
from projections.callflow.transfers import transfers_of
from projections.callflow.verdict import (
    caller_of,
    dialled_of,
    direction_of,
    hangup_of,
    outcome_of,
    people_of,
    state_of,
    tenant_of,
)

_WORSE: dict[Quality, int] = {"observed": 0, "bounded": 1, "inferred": 2, "gap": 3}
# Facts that the fold makes of events about a switch, or of an event that does not come.
_DERIVED = frozenset({"gap", "lost", "gone", "closed"})
Interval = tuple[int, int | None]


def worst(*qualities: Quality) -> Quality:
    """The least certain of several."""
    return max(qualities, key=_WORSE.__getitem__)


def interpret(facts: Sequence[Fact]) -> Call:
    """The document of the call that these facts make; they must be sorted by `Fact.order` and without doubles."""
    return whole(interpretation(facts))


def interpretation(facts: Sequence[Fact]) -> Slices[Call]:
    """`interpret` in slices; its cost grows with the number of facts, and not faster."""
    related = links_of(facts)
    facts = [fact for fact in facts if fact.kind not in LINKS]
    names = first_names(facts)
    legs = yield from legs_of(facts, names)
    gaps = _gaps(facts)
    _presume(legs, gaps)
    root = root_of(legs)
    paged = is_paged(root, facts)
    stretches = yield from course_of(facts, legs, names, None if paged else root)
    yield
    moves = Moves(facts, legs, names, stretches)
    yield
    transfers = yield from transfers_of(moves)
    offers = offers_of(legs, None if paged else root, stretches)
    yield
    complete = all(leg.closed for leg in legs.values() if leg.last_seen)
    caller = Caller(party=f"conference:{paged}", number=root.number or None) if paged else caller_of(root, legs)
    talks = [stretch for stretch in stretches if stretch.kind in CONNECTS]
    answered = bool(talks)
    outcome = outcome_of(root, legs, stretches, offers, answered) if complete else "answered" if answered else None
    heard = [stretch for stretch in stretches if stretch.kind not in HEARD or _heard(stretch, legs)]
    parking, stays = Parking(transfers), Stays(facts, legs, heard)
    segments: list[Segment] = []
    for stretch in heard:
        segments.append(_segment(stretch, legs, parking, stays, gaps))
        if len(segments) % (8 * PORTION) == 0:
            yield
    seen = [leg for leg in legs.values() if leg.last_seen]
    started = root.created_at or min((leg.created_at for leg in seen), default=facts[0].at)
    people = people_of(root, legs, moves.connected)
    # Loopback wire counts where there is nothing else.
    ended = max((leg.ended_at for leg in people or seen), default=0) if complete else None
    role = Roles(legs, root, "callee" if paged else "caller")
    parties = yield from _parties(heard, legs, root, role)
    evidence = yield from _evidence(facts, names, legs)
    state = state_of(root, legs, stretches, transfers, complete)
    hangup = hangup_of(root, people, outcome, stretches) if complete else None
    yield
    talked = _union([stretch for stretch in heard if stretch.kind in COUNTED])
    yield
    links = _links(stretches, legs, facts)
    quality = _quality(seen, segments, gaps, started, ended)
    yield
    shown_legs = [_leg(leg, role) for leg in seen]
    aliases = [leg.leg_id for leg in begun(legs.values()) if leg is not root and leg.last_seen]
    yield
    return Call(
        call_id=root.leg_id,
        aliases=aliases,
        tenant=tenant_of(root, legs),
        direction=direction_of(root, offered(legs, root), transfers) if not paged else _to(root),
        from_=caller,
        dialled=None if paged else dialled_of(root, legs, facts),
        state=state,
        answered=answered,
        outcome=outcome,
        answered_by=root.party if paged and talks else _answered_by(talks, root, legs),
        started_at=started,
        answered_at=talks[0].started_at if talks else None,
        ended_at=ended,
        hangup=hangup,
        talk_seconds=talked,
        parties=parties,
        segments=segments,
        offers=offers,
        transfers=transfers,
        legs=shown_legs,
        links=links + related,
        quality=quality,
        evidence=evidence,
        version=sum(1 for fact in facts if fact.kind not in _DERIVED),
        first_position=min(fact.position for fact in facts),
        last_position=max(fact.position for fact in facts),
    )


def happened(facts: Sequence[Fact]) -> bool:
    """Was this lived through by anybody? A channel that the switch made by itself and that failed at once was not."""
    return any(
        fact.kind not in ("create", "hangup", "complete", "command", "closed", "apart", "alike")
        or fact.data.get("direction") == "inbound"
        for fact in facts
    )


def _gaps(facts: Sequence[Fact]) -> list[Interval]:
    """When nobody listened to the switch: from when until when, None while it lasts."""
    found: dict[int, int | None] = {}
    for fact in facts:
        if fact.kind == "gap" and (since := instant(fact.data.get("since"))) is not None:
            until = instant(fact.data.get("until"))
            found[since] = until or found.get(since)
    return sorted(found.items(), key=lambda gap: gap[0])


def _presume(legs: dict[str, Leg], gaps: list[Interval]) -> None:
    """Legs that fell silent with the link, in a call whose every other leg has been heard of since and has ended.

    Nobody will ever tell of them: the switch sent their end while nobody listened. They ended in between.
    """
    for since, until in gaps:
        silent = [leg for leg in legs.values() if leg.last_seen and not leg.ended_at and leg.last_seen <= since]
        heard = [leg for leg in legs.values() if leg.last_seen > (until or since) and not leg.hidden]
        if not silent or not heard or not all(leg.closed for leg in heard):
            continue
        for leg in silent:
            leg.ended_at, leg.end_quality, leg.closed = leg.last_seen, "inferred", True
            leg.end_bound = until or max(leg.ended_at for leg in heard)


def _heard(stretch: Stretch, legs: dict[str, Leg]) -> bool:
    """Could two people hear each other? A leg that ended without one packet of sound received was never heard."""
    return sum(1 for leg in stretch.legs if not legs[leg].silent) > 1


def _to(called: Leg) -> Direction:
    return "outbound" if called.outsider else "internal"


def _answered_by(talks: list[Stretch], root: Leg, legs: dict[str, Leg]) -> str | None:
    first = next((stretch for stretch in talks if root.leg_id in stretch.legs), talks[0] if talks else None)
    if first is None:
        return None
    if first.kind == "conference":
        return service_party(first, legs[first.legs[0]])
    others = [legs[leg].party for leg in first.legs if leg != root.leg_id]
    return others[0] if others else None


def _union(stretches: list[Stretch]) -> float:
    """Seconds in which at least one of the stretches lasted; stretches that still last count up to nothing."""
    total, reached = 0, 0
    for stretch in sorted(stretches, key=lambda stretch: stretch.started_at):
        if stretch.ended_at is None:
            continue
        total += max(0, stretch.ended_at - max(stretch.started_at, reached))
        reached = max(reached, stretch.ended_at)
    return total / 1_000_000


class Parking:
    """Who parked and who retrieved, by time."""

    def __init__(self, transfers: Iterable[Transfer]) -> None:
        moves = sorted((move for move in transfers if move.kind in ("park", "retrieve")), key=lambda move: move.at)
        self._parked = [move for move in moves if move.kind == "park"]
        self._retrieved: dict[str | None, list[Transfer]] = {}
        for move in moves:
            if move.kind == "retrieve":
                self._retrieved.setdefault(move.from_, []).append(move)

    def parked_by(self, at: int) -> str | None:
        """Who parked last, by some seconds after an instant (the event of the lot may come before the REFER's end)."""
        index = bisect_right(self._parked, at + 2_000_000, key=lambda move: move.at)
        return self._parked[index - 1].by if index else None

    def retrieved_by(self, party: str, at: int) -> str | None:
        """Who retrieved this party first from an instant on."""
        mine = self._retrieved.get(party, [])
        index = bisect_left(mine, at, key=lambda move: move.at)
        return mine[index].by if index < len(mine) else None


def _segment(stretch: Stretch, legs: dict[str, Leg], parking: Parking, stays: Stays, gaps: list[Interval]) -> Segment:
    parties = list(dict.fromkeys(legs[leg].party for leg in stretch.legs))
    detail: dict[str, Any] = {}
    leg = legs[stretch.legs[0]]
    if stretch.kind in SERVICES:
        parties.append(service_party(stretch, leg))
    match stretch.kind:
        case "hold":
            detail["by"] = stretch.by
        case "conference":
            detail["room"] = stretch.what
        case "park":
            detail["lot"] = stretch.what
            detail["parked_by"] = parking.parked_by(stretch.started_at)
            detail["retrieved_by"] = parking.retrieved_by(leg.party, stretch.started_at) if stretch.ended_at else None
        case "queue":
            detail["queue"] = stretch.what.partition("@")[0]
            end = stays.end(stretch)
            detail["outcome"] = end.outcome if end else None
            detail["agent"], detail["to"] = (end.agent, end.to) if end else (None, None)
        case "monitor":
            detail["mode"], _, detail["leg"] = stretch.what.partition(" ")
        case "announcement" | "record":
            detail["file"] = stretch.what
        case "ring" | "early_media" | "ivr" | "talk" | "consult" | "voicemail":
            pass
        case _:
            assert_never(stretch.kind)
    quality = stretch.quality
    if any(stretch.started_at < (until or 1 << 62) and (stretch.ended_at or 1 << 62) > since for since, until in gaps):
        quality = "gap"
    return Segment(
        kind=stretch.kind,
        parties=parties,
        started_at=stretch.started_at,
        ended_at=stretch.ended_at,
        seconds=None if stretch.ended_at is None else (stretch.ended_at - stretch.started_at) / 1_000_000,
        quality=quality,
        detail=detail,
    )


class Roles:
    """What each leg is in the call."""

    def __init__(self, legs: dict[str, Leg], root: Leg, first: str = "caller") -> None:
        self._root = root
        self._first = first
        self._legs_of_party = Counter(leg.party for leg in legs.values())

    def __call__(self, leg: Leg) -> str:
        if leg.hidden:
            return "loopback" if leg.looped else "hop"
        if leg is self._root:
            return self._first
        if leg.agent:
            return "agent"
        if leg.parent is None and self._legs_of_party[leg.party] > 1:
            return "consult"
        return "callee"


def _parties(stretches: list[Stretch], legs: dict[str, Leg], root: Leg, role: Roles) -> Slices[list[Party]]:
    people: dict[str, list[Leg]] = {}
    for leg in [root, *legs.values()]:
        if leg.real:
            people.setdefault(leg.party, []).append(leg)
    talked: dict[str, list[Stretch]] = {}
    held: dict[str, list[Stretch]] = {}
    for number, stretch in enumerate(stretches, start=1):
        if number % (32 * PORTION) == 0:
            yield
        did = talked if stretch.kind in CONNECTS else held if stretch.kind == "hold" else None
        if did is not None:
            for party in {legs[leg].party for leg in stretch.legs}:
                did.setdefault(party, []).append(stretch)
    parties = []
    for party, mine in people.items():
        yield
        parties.append(
            Party(
                party=party,
                user=next((leg.user for leg in mine if leg.user), None),
                role=role(mine[0]),
                talk_seconds=_union(talked.get(party, [])),
                held_seconds=_union(held.get(party, [])),
            )
        )
    return parties


def _leg(leg: Leg, role: Roles) -> LegDocument:
    return LegDocument(
        leg_id=leg.leg_id,
        party=leg.party,
        role=role(leg),
        switch=leg.switch,
        created_at=leg.created_at or None,
        answered_at=leg.answered_at or None,
        ended_at=leg.ended_at or None,
        gone_at=leg.end_bound or None,
        quality=leg.end_quality if leg.begin_seen else "gap",
        cause=leg.cause or None,
        sip_call_id=leg.sip_call_id or None,
    )


def _links(stretches: list[Stretch], legs: dict[str, Leg], facts: Sequence[Fact]) -> list[Link]:
    links = {}
    for stretch in stretches:
        heard = stretch.what.partition(" ")[2]
        if stretch.kind == "monitor" and heard and heard not in legs:
            links[heard] = Link(call_id=heard, why="eavesdrop")
    for fact in facts:
        if fact.kind == "conference" and fact.data.get("room_id"):
            room = fact.data["room_id"]
            links[room] = Link(call_id=room, why="conference")
    return list(links.values())


def _quality(
    seen: list[Leg], segments: list[Segment], gaps: list[Interval], started: int, ended: int | None
) -> Quality:
    result: Quality = worst("observed", *(segment.quality for segment in segments))
    for leg in seen:
        result = worst(result, leg.end_quality)
        if not leg.begin_seen and (leg.answered_at or leg.ended_at):
            result = "gap"
    for since, until in gaps:
        if started < (until or 1 << 62) and (ended is None or ended > since):
            result = worst(result, "gap" if ended is None or ended > (until or ended) else "inferred")
    return result


def _evidence(facts: Sequence[Fact], names: dict[str, str], legs: dict[str, Leg]) -> Slices[list[Evidence]]:
    found: dict[tuple[str, str, str], Evidence] = {}
    ends: set[str] = set()
    for number, fact in enumerate(sorted(facts, key=lambda fact: fact.position), start=1):
        if number % (32 * PORTION) == 0:
            yield
        me = names.get(fact.leg, fact.leg)
        for tie in fact.ties:
            other = names.get(tie.leg, tie.leg)
            if me == other and tie.why != "renamed":
                continue
            if tie.why == "bridge" and me not in (fact.data.get("a"), fact.data.get("b")):
                continue
            a, b = sorted((fact.leg if tie.why == "renamed" else me, other))
            found.setdefault((a, b, tie.why), Evidence(legs=[a, b], why=tie.why, position=fact.position))
        # A hop is proven by what both of its ends say: when the second has said it.
        if fact.hops and (far := legs[me].far):
            ends.add(me)
            if far in ends:
                a, b = sorted((me, far))
                found.setdefault((a, b, "hop"), Evidence(legs=[a, b], why="hop", position=fact.position))
    return list(found.values())
