"""A line on which somebody takes caller after caller out of a fifo: it is cut into stints, as a standing agent's is.

Whoever executes `fifo <name> out wait` is bridged to one caller after another (mod_fifo.c, fifo_app_function). The
bridge is told of his line alone, and names the caller. So what his line says of a bridge becomes what a stint of it
does for that caller (`standby`), and joins no two of them. Who fetches one caller (`out nowait`), and members whom
the fifo calls itself, for each caller anew, are legs like others.

Read from mod_fifo's source: it sets `fifo_bridge_role` on both lines before it bridges them, and `fifo_target`, each
time, to the other one.
"""

from collections.abc import Sequence

from msgspec import structs

from projections.callflow.fact import Fact, Tie
from projections.callflow.headers import Get, pick
from projections.callflow.profile import PROFILE
from projections.callflow.standby import begun, over, stint

LINE = b"fifo_bridge_role"
"""what an event of such a line, and of its caller, has among its bytes"""


def of_fifo(facts: Sequence[Fact], get: Get) -> list[Fact]:
    """What the event of one of the two says, without tying callers to a line that stays open for others."""
    other = get("variable_fifo_target")
    role = get("variable_fifo_bridge_role")
    if not other or role not in ("consumer", "caller"):
        return list(facts)
    if role == "caller":
        return [*facts, *(closed for fact in facts if fact.kind == "complete" for closed in _parted(fact, other))]
    if get("Call-Direction") != "inbound" or _fetches(get):
        return list(facts)
    found: list[Fact] = []
    for fact in facts:
        if fact.kind in ("bridge", "unbridge") and {fact.data.get("a"), fact.data.get("b")} == {fact.leg, other}:
            found += _bridged(fact, other, get)
        else:
            found.append(structs.replace(fact, ties=tuple(tie for tie in fact.ties if tie.leg != other)))
    return found


def _fetches(get: Get) -> bool:
    """Does this line take one caller and no more (`fifo <name> out nowait`)? Then it is a leg of that caller's call."""
    words = (get("variable_current_application_data") or "").split()
    return get("variable_current_application") == "fifo" and words[2:3] == ["nowait"]


def _parted(complete: Fact, line: str) -> list[Fact]:
    """A caller who has gone has parted from the line, whether that is told of the line or not."""
    tie = (Tie(complete.leg, "cc_member_session_uuid"),)
    return [structs.replace(complete, kind="closed", leg=stint(line, complete.leg), data={}, ties=tie)]


def _bridged(fact: Fact, caller: str, get: Get) -> list[Fact]:
    me = stint(fact.leg, caller)
    theirs = structs.replace(fact, leg=caller, data={**fact.data, "a": me, "b": caller}, ties=(Tie(me, "bridge"),))
    if fact.kind == "unbridge":
        return [theirs, *over(theirs, fact.leg, "")]
    return [*begun(theirs, fact.leg, pick(get, PROFILE))[1:], theirs]
