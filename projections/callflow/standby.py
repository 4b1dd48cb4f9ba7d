"""A line that stays open for caller after caller, and the stints that it is cut into.

An agent of type `uuid-standby` calls in once, in the morning, and keeps the line open; mod_callcenter bridges one
caller after another to it. The line is one channel with one Unique-ID. A tie proves that two legs are of one call, and
joins are transitive: if the bridges of that line were ties, all who spoke with the agent on that day would be in one
call.

So a line is not part of its callers' calls. What stands in a caller's call is a *stint*: a leg that no switch has made,
with an id made of both (`stint`), and facts derived from what the line does for this one caller:

    the line      |======================================================|    a call of its own, all day
    stints              [ @anna ]        [ @ben ]      [ @carl ]              one leg in each caller's call
    callcenter    bridge-agent-start  ..  bridge-agent-end

`bridge-agent-start` gives the facts of a leg that is created and answered (`begun`); `bridge-agent-end`, or the end of
the caller's own leg if that comes first, gives those of one that hangs up (`over`, `of_caller`). Bridges and unbridges
of the caller that name the line are rewritten to name the stint. Those of the line itself are dropped: the caller's
side shows the same bridge.

Each event is judged alone, because events can come in any order and a fold must not depend on that. Hence the one
difficulty: a caller's event shows that he is with an agent (`cc_agent_uuid`), but not of which type the agent is. It
does show when the other leg was created and when the caller joined the queue. A line that is older than the caller's
wait was open before him; an agent of another type is called for him, and is younger (`_older`).
"""

from collections.abc import Callable, Sequence

from msgspec import structs

from core.numbers import LATEST, instant, number
from projections.callflow.fact import Fact, Tie

Get = Callable[[str], str | None]

# What an event of such a line has among its bytes, and what one of its caller has.
LINE = b"uuid-standby"
CALLER = b"variable_cc_agent_uuid"
_TYPE = "uuid-standby"


def stint(line: str, caller: str) -> str:
    """The id of what a line does for one caller."""
    return f"{line}@{caller}"


def _older(created: str | None, joined: str | None) -> bool:
    """Was the line there before the caller came to the queue? An agent of another type is called only after that."""
    at, epoch = instant(created), number(joined or "", LATEST // 1_000_000)
    return at is not None and epoch is not None and 0 < at < epoch * 1_000_000


def of_caller(facts: Sequence[Fact], get: Get) -> list[Fact]:
    """What a caller's event says: of the agent's stint, where it speaks of his line."""
    line = get("variable_cc_agent_uuid")
    if not line or any(fact.leg == line for fact in facts):
        return list(facts)
    known = get("Other-Leg-Unique-ID") == line and _older(
        get("Other-Leg-Channel-Created-Time"), get("variable_cc_queue_joined_epoch")
    )
    found = [_untied(fact, line, known) for fact in facts]
    # A caller who has gone has parted from the line, whether that is told of the line or not.
    gone = [fact for fact in facts if known and fact.kind == "complete"]
    return found + [
        structs.replace(
            fact, kind="closed", leg=stint(line, fact.leg), data={}, ties=(Tie(fact.leg, "cc_member_session_uuid"),)
        )
        for fact in gone
    ]


def _untied(fact: Fact, line: str, known: bool) -> Fact:
    # Without the other side's description (`uuid_bridge` is executed before it is there) a tie is left to the rest.
    ties = tuple(tie for tie in fact.ties if tie.leg != line or not (known or tie.why == "uuid_bridge"))
    data = fact.data
    if known and fact.kind in ("bridge", "unbridge"):
        data = {name: stint(line, fact.leg) if value == line else value for name, value in data.items()}
    return fact if ties == fact.ties and data is fact.data else structs.replace(fact, ties=ties, data=data)


def of_line(facts: Sequence[Fact], get: Get) -> list[Fact]:
    """What an event of such a line says, but for the callers whom it names: they have nothing to do with each other."""
    if get("variable_cc_agent_type") != _TYPE:
        return list(facts)
    line = get("Unique-ID")
    alone = [structs.replace(fact, ties=()) if fact.leg == line else fact for fact in facts]
    return [fact for fact in alone if fact.leg != line or fact.kind not in ("bridge", "unbridge")]


def stands_by(get: Get) -> bool:
    """Is this event of callcenter about a line that was there before the caller?"""
    return get("variable_cc_agent_type") == _TYPE and _older(
        get("Caller-Channel-Created-Time"), get("CC-Member-Joined-Time")
    )


def begun(served: Fact, line: str, profile: dict[str, str]) -> list[Fact]:
    """The agent was given a caller: his stint begins, answered."""
    me = stint(line, served.leg)
    at = str(served.at)
    kept = {name: value for name, value in profile.items() if name not in ("other", "other_type", "member")}
    described = kept | {"direction": "outbound", "created": at, "answered": at}
    tie = (Tie(served.leg, "cc_member_session_uuid"),)
    return [
        structs.replace(served, ties=(Tie(me, "callcenter"),)),
        structs.replace(served, kind="create", leg=me, data=described, ties=tie),
        structs.replace(served, kind="answer", leg=me, data={}, ties=tie),
    ]


def over(parted: Fact, line: str, disposition: str) -> list[Fact]:
    """They have parted: by whom, the line's own words say if it was hung up."""
    me = stint(line, parted.leg)
    tie = (Tie(parted.leg, "cc_member_session_uuid"),)
    data = {"cause": "NORMAL_CLEARING", "disposition": disposition or "send_bye"}
    return [structs.replace(parted, kind=kind, leg=me, data=data, ties=tie) for kind in ("hangup", "complete")]
