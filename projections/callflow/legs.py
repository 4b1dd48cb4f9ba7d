"""The legs of one call, each as all its facts together describe it.

A leg's own words are believed at their first saying: transfers and pickups overwrite numbers and destinations later
(FreeSWITCH switch_ivr.c, `switch_ivr_session_transfer`). Who called whom is read from the fields that say so, never
from the direction: with click-to-call the caller's leg is outbound.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from core.numbers import instant
from projections.callflow.document import Quality
from projections.callflow.fact import Fact
from projections.callflow.hops import CALLED, other_end
from projections.callflow.reading import multiple
from projections.callflow.slices import PORTION, Slices

_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|.*:.*")
_CONTACT = re.compile(r"sips?:(?P<user>[^@;>]+)@(?P<host>[^:;>]+)")
# Ties that name the leg that made this one, strongest first.
_PARENTS = ("originator", "cc_member_session_uuid", "other_leg")


class Leg:
    """One channel while a call is interpreted. Times are microseconds since 1970, 0 where unknown."""

    __slots__ = (
        "agent",
        "answered_at",
        "begin_seen",
        "bowout",
        "caller_name",
        "cause",
        "closed",
        "company",
        "context",
        "created_at",
        "cut_at",
        "destination",
        "destinations",
        "direction",
        "disposition",
        "domain",
        "elsewhere",
        "end_bound",
        "end_quality",
        "ended_at",
        "ended_seq",
        "far",
        "first_order",
        "history",
        "hop",
        "last_seen",
        "leg_id",
        "loopback",
        "name",
        "number",
        "originate",
        "outsider",
        "parent",
        "party",
        "rang",
        "redirect",
        "redirected_at",
        "redirected_from",
        "redirected_to",
        "refer",
        "requested",
        "runs",
        "silent",
        "sip_call_id",
        "status",
        "switch",
        "transfer_to",
        "user",
    )

    def __init__(self, leg_id: str) -> None:
        self.leg_id = leg_id
        self.party = ""
        self.user: str | None = None
        self.outsider = True
        self.name = self.number = self.caller_name = self.direction = ""
        self.destination = self.context = self.domain = self.company = self.requested = ""
        self.destinations: list[str] = []
        self.parent: str | None = None
        self.hop = ""
        self.far: str | None = None
        """the leg at the other end of a hop between two switches"""
        self.loopback: str | None = None
        self.bowout: str | None = None
        self.created_at = self.answered_at = self.ended_at = self.last_seen = 0
        self.end_bound = self.ended_seq = 0
        self.end_quality: Quality = "observed"
        self.cut_at: list[int] = []
        self.begin_seen = self.closed = self.rang = self.silent = False
        self.first_order: tuple[int, int, int] = (1 << 62, 0, 0)
        self.runs: dict[int, tuple[int, int]] = {}
        self.cause = self.disposition = self.originate = self.status = ""
        self.refer = self.transfer_to = self.redirect = self.agent = self.elsewhere = ""
        self.redirected_to = self.redirected_from = ""
        """The party whose phone redirected, where the switch followed within this leg, and to whom."""
        self.redirected_at = 0
        self.history: list[str] = []
        self.switch = ""
        self.sip_call_id = ""

    @property
    def hidden(self) -> bool:
        """A channel that no phone belongs to: one half of a loopback pair, one end of a hop between two switches."""
        return self.far is not None or self.looped

    @property
    def looped(self) -> bool:
        """One half of a loopback pair."""
        return self.name.startswith("loopback/")

    @property
    def real(self) -> bool:
        """Stands for somebody: not hidden, and more is known of it than its id."""
        return self.last_seen > 0 and not self.hidden


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
    for leg in legs.values():
        _settle(leg)
    _tell_apart(legs)
    _name_transferors(legs, leg_of)
    yield
    _parents(facts, legs, leg_of)
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
    if leg.user is not None:
        return
    if leg.direction == "outbound":
        if data.get("gateway"):
            return
        if data.get("dialed_user"):
            leg.party, leg.outsider = data["dialed_user"], False
            domain = data.get("dialed_domain") or data.get("domain", "")
            leg.user = f"{data['dialed_user']}@{domain}" if domain else data["dialed_user"]
        elif "@" in data.get("presence", "") and not _ADDRESS.fullmatch(data["presence"].partition("@")[2]):
            leg.user, leg.outsider = data["presence"], False
            leg.party = data["presence"].partition("@")[0]
    elif data.get("user"):
        domain = data.get("realm") or data.get("domain", "")
        leg.user = f"{data['user']}@{domain}" if domain else data["user"]
        leg.party, leg.outsider = data.get("alias") or data["user"], False


def _join_hops(legs: dict[str, Leg]) -> None:
    """Find the two ends of each hop: the leg that another switch called comes from the one that called it."""
    calling = {leg.hop: leg for leg in legs.values() if leg.hop and not leg.hop.startswith(CALLED)}
    for leg in legs.values():
        other = calling.get(other_end(leg.hop)) if leg.hop.startswith(CALLED) else None
        if other is not None:
            leg.far, other.far = other.leg_id, other.far or leg.leg_id


def _settle(leg: Leg) -> None:
    """What only stands when all facts are in."""
    if not leg.last_seen:
        return
    leg.created_at = leg.created_at or leg.first_order[0]
    if not leg.party:
        called = leg.direction == "outbound"
        leg.party = (leg.destination if called else leg.number) or leg.number or leg.destination or "unknown"
    _follow_redirect(leg)
    runs = sorted(leg.runs.items(), key=lambda item: item[1])
    # A switch that died in between took the bridge with it, whatever became of the leg (sofia recover).
    leg.cut_at = [last for (_, (_, last)), _ in pairwise(runs)]


def _follow_redirect(leg: Leg) -> None:
    """A phone redirected (302) and the switch followed within the leg: it is the target's from then on.

    mod_sofia does so where the caller's line is answered already (sofia.c, `sip_redirected_to`). The caller's own leg
    and those that are made after it carry the variable, too, and have rung or been answered for somebody else.
    """
    target = _CONTACT.search(leg.redirected_to)
    if leg.direction != "outbound" or target is None or target["user"] == leg.party:
        leg.redirected_to = ""
        return
    leg.redirected_from, leg.party = leg.party, target["user"]
    domain = (leg.user or "").partition("@")[2]
    inside = bool(domain) and target["host"] == domain
    leg.user, leg.outsider = (f"{leg.party}@{domain}", False) if inside else (None, True)


def _tell_apart(legs: dict[str, Leg]) -> None:
    """Two people of one number: whoever is not of the first one's company goes by the full name, and so does a user
    of ours where somebody from outside shows his number. What an outsider shows proves nothing.
    """
    shown = {
        leg.party
        for leg in legs.values()
        if leg.outsider and leg.real and leg.begin_seen and leg.direction == "inbound"
    }
    first: dict[str, str | None] = {}
    for leg in sorted(legs.values(), key=lambda leg: (leg.created_at, leg.first_order)):
        if not leg.user or leg.hidden:
            continue
        if first.setdefault(leg.party, leg.user) != leg.user or leg.party in shown:
            leg.party = leg.user


def _name_transferors(legs: dict[str, Leg], leg_of: Callable[[str], Leg]) -> None:
    """Who consults and then transfers is one person, however his number is written on either leg."""
    for leg in legs.values():
        consult = leg_of(leg.refer) if leg.refer in legs else None
        if consult is not None and consult.last_seen and leg.user is None and consult.user is None:
            consult.party = leg.party


def _parents(facts: Sequence[Fact], legs: dict[str, Leg], leg_of: Callable[[str], Leg]) -> None:
    strength: dict[str, int] = {}
    for fact in facts:
        for tie in fact.ties:
            if tie.why not in _PARENTS:
                continue
            leg, parent, rank = leg_of(fact.leg), leg_of(tie.leg), _PARENTS.index(tie.why)
            if leg is not parent and rank < strength.get(leg.leg_id, len(_PARENTS)):
                strength[leg.leg_id] = rank
                leg.parent = parent.leg_id
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


def caller_of(leg: Leg, legs: Mapping[str, Leg]) -> Leg | None:
    """Who is calling this leg, seen through loopback legs and hops."""
    seen: set[str] = set()
    parent = legs.get(leg.parent or "")
    while parent is not None and parent.hidden and parent.leg_id not in seen:
        seen.add(parent.leg_id)
        parent = legs.get(parent.parent or "")
    return parent


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


def roots(legs: Iterable[Leg]) -> list[Leg]:
    """Legs that nobody else in the call made: each began a call of its own."""
    return [leg for leg in legs if leg.parent is None and not leg.hidden]


def is_paged(root: Leg, facts: Sequence[Fact]) -> str:
    """The room that called this phone of itself (mod_conference's outcall), and that it is in; empty if none did.

    Such a leg goes straight to the application, with flags behind the room's name. Whoever is called first by a command
    is a caller (click-to-call).
    """
    if root.direction != "outbound" or root.parent is not None:
        return ""
    mine = [fact for fact in facts if fact.leg == root.leg_id]
    ran = next((fact.data for fact in mine if fact.kind == "execute"), {})
    ordered = any(fact.kind == "command" for fact in mine)
    if ordered or ran.get("app") != "conference" or "+flags{" not in ran.get("arguments", ""):
        return ""
    return next((room_name(fact.data) for fact in mine if fact.kind == "conference"), "")


def room_name(data: Mapping[str, str]) -> str:
    """The room without the company's domain that its name carries (`3001-alpha.example`)."""
    return data.get("room", "").removesuffix("-" + data.get("domain", "")).partition("@")[0]


def begun(legs: Iterable[Leg]) -> list[Leg]:
    """Legs that each began a call of its own, also where another switch made that call."""
    return [leg for leg in legs if (leg.parent is None and not leg.hidden) or (leg.far and leg.parent == leg.far)]


def root_of(legs: dict[str, Leg]) -> Leg:
    """The leg that began the call. It may be one that is only named: its own events were lost."""
    began: dict[str, int] = {}
    for leg in legs.values():
        if leg.parent in legs and leg.created_at:
            began[leg.parent] = min(began.get(leg.parent, leg.created_at), leg.created_at)
    starters = [leg for leg in roots(legs.values()) if leg.last_seen or leg.leg_id in began]
    if not starters:
        starters = [leg for leg in legs.values() if leg.last_seen] or list(legs.values())
    return min(
        starters, key=lambda leg: (leg.created_at or began.get(leg.leg_id, 1 << 62), leg.first_order, leg.leg_id)
    )
