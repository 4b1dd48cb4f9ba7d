"""Which leg made which, and which of them began the call.

A call begins with the leg that nobody else in it made. Who made a leg is read from the fields that say so (`legs`,
`_parents`), never from the direction: with click-to-call the caller's leg is outbound.
"""

from collections.abc import Iterable, Mapping, Sequence

from projections.callflow.fact import Fact
from projections.callflow.leg import Leg


def caller_of(leg: Leg, legs: Mapping[str, Leg]) -> Leg | None:
    """Who is calling this leg, seen through loopback legs and hops."""
    seen: set[str] = set()
    parent = legs.get(leg.parent or "")
    while parent is not None and parent.hidden and parent.leg_id not in seen:
        seen.add(parent.leg_id)
        parent = legs.get(parent.parent or "")
    return parent


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
