"""Offers: each phone that rang for the call, or should have, and what came of it.

One offer a leg and round. Ringing the caller's own phone (click-to-call) is none, and an answered leg is not yet an
answered offer: a follow-me that waits for its confirmation key is still an offer (CALLS.md, rule 13).
"""

from collections.abc import Sequence

from projections.callflow.document import Offer, OfferOutcome
from projections.callflow.legs import Leg
from projections.callflow.timeline import Stretch

# Q.850 and FreeSWITCH causes (switch_types.h, switch_call_cause_t) by what they mean for a phone that was rung.
_BY_CAUSE: dict[str, OfferOutcome] = {
    "LOSE_RACE": "answered_elsewhere",
    "PICKED_OFF": "answered_elsewhere",
    "USER_BUSY": "busy",
    "CALL_REJECTED": "rejected",
    "DECLINE": "rejected",
    "NO_ANSWER": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer",
    "PROGRESS_TIMEOUT": "no_answer",
    "MEDIA_TIMEOUT": "failed",
    "NO_USER_RESPONSE": "no_answer",
    "RECOVERY_ON_TIMER_EXPIRE": "failed",
    "REDIRECTION_TO_NEW_DESTINATION": "forwarded",
}
_ENDED_BY_CALLER = frozenset({"ORIGINATOR_CANCEL", "NORMAL_CLEARING", "MANAGER_REQUEST", "ATTENDED_TRANSFER", "NONE"})
# Around the instant of a cancel (microseconds), the answer that caused it has been seen or not.
_NEAR = 1_000_000
_CONNECTED = frozenset({"talk", "consult", "conference"})


def connections(stretches: Sequence[Stretch]) -> dict[str, int]:
    """When each leg first talked with somebody or joined a room."""
    first: dict[str, int] = {}
    for one in stretches:
        if one.kind in _CONNECTED:
            for leg in one.legs:
                first.setdefault(leg, one.started_at)
    return first


def offered(legs: dict[str, Leg], root: Leg | None) -> list[Leg]:
    """The legs that are offers, in the order in which they were made."""
    return [
        leg
        for leg in legs.values()
        if leg.real and leg.direction == "outbound" and leg is not root and (leg.parent is not None or root is not None)
    ]


def outcome_of(leg: Leg, legs: dict[str, Leg], connected: dict[str, int]) -> OfferOutcome | None:
    """What came of the offer to this leg; None while it is open."""
    if leg.leg_id in connected:
        return "answered"
    if not leg.ended_at:
        return None
    if leg.elsewhere == "true":
        return "answered_elsewhere"
    if leg.cause == "REDIRECTION_TO_NEW_DESTINATION" and leg.disposition.startswith("send_bye"):
        return "answered"
    known = _BY_CAUSE.get(leg.cause)
    if known is not None:
        return known
    if leg.cause in _ENDED_BY_CALLER:
        return _cancelled(leg, legs, connected)
    if leg.rang and leg.disposition == "send_cancel":
        return _given_up(leg, legs)
    return "failed"


def _cancelled(leg: Leg, legs: dict[str, Leg], connected: dict[str, int]) -> OfferOutcome:
    """The switch took the offer back: somebody else answered, the caller left, or the switch gave up."""
    if leg.disposition == "recv_bye" and leg.answered_at:
        return "rejected"
    caller = legs.get(leg.parent or "")
    if leg.cause == "ATTENDED_TRANSFER":
        return _given_up(leg, legs)
    for at in (at for other, at in connected.items() if other != leg.leg_id and legs[other].direction == "outbound"):
        if leg.created_at <= at + _NEAR and abs(at - leg.ended_at) <= _NEAR:
            return "answered_elsewhere"
    if caller is not None and connected.get(caller.leg_id, 0) and abs(connected[caller.leg_id] - leg.ended_at) <= _NEAR:
        return "answered_elsewhere"
    if caller is not None and caller.last_seen and (not caller.ended_at or caller.ended_at > leg.ended_at + _NEAR):
        return "no_answer" if leg.cause != "ORIGINATOR_CANCEL" or leg.answered_at else "cancelled"
    return "cancelled"


def _given_up(leg: Leg, legs: dict[str, Leg]) -> OfferOutcome:
    """The switch stopped ringing. After a semi-attended transfer somebody waited, who may have left just then."""
    near = [other for other in legs.values() if abs(other.ended_at - leg.ended_at) <= _NEAR]
    return "cancelled" if any(other.disposition in ("recv_bye", "recv_cancel") for other in near) else "no_answer"


def offers_of(legs: dict[str, Leg], root: Leg | None, stretches: Sequence[Stretch]) -> list[Offer]:
    """All offers of the call, in the order in which they were made."""
    connected = connections(stretches)
    result = []
    for leg in offered(legs, root):
        outcome = outcome_of(leg, legs, connected)
        ended = leg.ended_at
        if outcome == "answered":
            met = connected.get(leg.leg_id) or leg.answered_at
            # Met long after the phone was lifted: until then the call was only offered (a confirmation key).
            ended = met if met - leg.answered_at > _NEAR else leg.answered_at or met
        result.append(
            Offer(to=leg.party, started_at=leg.created_at, ended_at=ended or None if outcome else None, outcome=outcome)
        )
    return result
