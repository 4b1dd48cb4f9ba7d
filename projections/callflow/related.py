"""Documents that tell of one conversation without being one call: the link between them.

Two ways lead to a link, and each is a fact that the fold adds on both sides:

    apart   both ends of a hop are there, and are of two companies: each has a call of its own (`companies`)
    alike   a call went out and one came in, at the same time and with the same two numbers, and nothing proves
            that they are one: a header was cut, an address is not known, a provider stands between

The link is a word that both documents have and that leads nowhere: who may see both finds them by it, and who may see
one learns nothing of the other, not even an id. It never joins anything: what somebody outside could choose proves
nothing, and the numbers of a call are such.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from core.numbers import instant
from projections.callflow.document import Link, Quality
from projections.callflow.fact import Fact
from projections.callflow.hops import CALLS

LINKS = frozenset({"apart", "alike"})
"""kinds of facts that are links and nothing of the call itself"""
_OUT, _IN = "like>", "like<"
_SPAN = 6_000_000
"""microseconds: the two legs are made within this time of each other, give or take another"""
_DIGITS = 8
"""how many of a number count, from behind: before them it is written in many ways"""
_SHORTEST = 3


def likeness(data: Mapping[str, str]) -> str:
    """What a leg that was just made is found by on the other side; empty for a phone's, and for one without numbers."""
    if not data.get("name", "").startswith("sofia/") or data.get("user") or data.get("dialed_user"):
        return ""
    at, numbers = instant(data.get("created")), [_bare(data.get(name, "")) for name in ("number", "destination")]
    if not at or not all(numbers) or data.get("agent"):
        return ""
    way = _OUT if data.get("direction") == "outbound" else _IN
    return f"{way}{_digest(*numbers)}.{at // _SPAN}"


def _bare(number: str) -> str:
    digits = "".join(one for one in number if one in "0123456789")
    return digits[-_DIGITS:] if len(digits) >= _SHORTEST else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def other_sides(likeness: str) -> list[str]:
    """By what the leg on the other side may be found."""
    what, _, span = likeness.partition(".")
    way = _IN if what.startswith(_OUT) else _OUT
    return [f"{way}{what[len(_OUT) :]}.{int(span) + later}" for later in (0, -1, 1)]


def alike(fact: Fact, others: Iterable[Fact]) -> list[Fact]:
    """The links between a leg that was just made and those on the other side: on both, under one word."""
    sides = other_sides(fact.data["like"])
    found = []
    for other in others:
        if other.data.get("like") in sides:
            called = fact if fact.data["like"].startswith(_IN) else other
            word = _digest("alike", called.leg)
            found += [_link("alike", one, word, one is called) for one in (fact, other)]
    return found


def apart(hop: str, facts: Iterable[Fact]) -> list[Fact]:
    """The links between the two ends of a hop; `facts` are those that tell of an end, the first of each leg counts."""
    word = _digest("apart", hop[len(CALLS) :])
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.leg, fact)
    return [_link("apart", one, word, not one.data["hop"].startswith(CALLS)) for one in first.values()]


def _link(kind: str, fact: Fact, word: str, called: bool) -> Fact:
    data = {"word": word, "side": "called" if called else "calling"}
    return structs.replace(fact, kind=kind, data=data, ties=())


def links_of(facts: Sequence[Fact]) -> list[Link]:
    """The links that a call has; none between two legs that turned out to be of this one."""
    proven = {fact.leg for fact in facts if fact.kind == "apart"}
    sides: dict[tuple[str, str], set[str]] = {}
    for fact in facts:
        if fact.kind == "apart" or (fact.kind == "alike" and fact.leg not in proven):
            sides.setdefault((fact.data["word"], fact.kind), set()).add(fact.data["side"])
    return [
        Link(related=word, why="hop" if kind == "apart" else "same_numbers", quality=_QUALITY[kind])
        for (word, kind), of in sorted(sides.items())
        if len(of) == 1
    ]


_QUALITY: dict[str, Quality] = {"apart": "observed", "alike": "inferred"}
