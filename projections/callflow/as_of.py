"""Calls as they stood when the log was shorter: told again from the facts that had come by then. Pure.

A call's state keeps all its facts, each with the position of the event that told it. What the call was at a position is
what the facts up to there amount to; parts of it that were calls of their own then are so again, because nothing but
ties between legs makes calls one. The one fact that no event told is that a leg is closed, which time alone says some
seconds after it hung up: of that the caller has to know whether the time had passed.
"""

from collections.abc import Callable, Iterable, Sequence

from projections.callflow.document import Call
from projections.callflow.fact import Fact
from projections.callflow.group import facts_of
from projections.callflow.hops import CALLS
from projections.callflow.interpret import happened, interpret


def live_as_of(state: Sequence[bytes], position: int, closed: Callable[[Fact], bool]) -> list[Call]:
    """The calls that lived at a position, of one stored state (its parts in order); in no order.

    `closed` says of a leg's closing whether its time had come by then.
    """
    facts = [fact for fact in facts_of(*state) if fact.position <= position]
    known = [fact for fact in facts if fact.kind != "closed" or closed(fact)]
    calls = []
    for facts_of_call in _together(known):
        if happened(facts_of_call):
            call = interpret(sorted(facts_of_call, key=lambda fact: fact.order))
            if call.state != "complete":
                calls.append(call)
    return calls


def positions(state: Sequence[bytes]) -> list[int]:
    """Where the events stand that a call's facts come from."""
    return sorted({fact.position for fact in facts_of(*state)})


def _together(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Facts by the call that they are of: those of one leg, and of legs with a tie between them."""
    holder: dict[str, str] = {}

    def find(leg: str) -> str:
        root = holder.setdefault(leg, leg)
        while holder[root] != root:
            root = holder[root]
        holder[leg] = root
        return root

    every = list(facts)
    for fact in every:
        for tie in fact.ties:
            holder[find(tie.leg)] = find(fact.leg)
        for hop in fact.hops:  # both ends are of one state where they are of one call
            holder[find(f"hop {hop[len(CALLS) :]}")] = find(fact.leg)
    groups: dict[str, list[Fact]] = {}
    for fact in every:
        groups.setdefault(find(fact.leg), []).append(fact)
    return list(groups.values())
