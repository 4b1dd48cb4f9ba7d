"""Offers: each phone that rang for the call, or should have, and what came of it.

Every leg that somebody in the call made is one offer, and a group or a queue that rings a phone again makes another
leg, so another offer. Two legs are none: the caller's own phone (click-to-call rings it first), and the switch's
loopback wire.

**An answered leg is not an answered offer.** A follow-me phone that is asked for a confirmation key is answered as a
channel and still being offered the call. An offer is `answered` when its leg talked with somebody or joined a room
(`connections`), and it ends at that instant if the phone was lifted long before.

**The cause alone says little.** Some causes of Q.850 and of FreeSWITCH mean one thing for a phone that rang
(`_BY_CAUSE`). The others only say that the switch took the offer back, and the reason lies elsewhere in the call:

    somebody else answered within a second of it    `answered_elsewhere`: this phone has missed nothing
    the caller, or who waited, left just then       `cancelled`
    the caller stayed                               `no_answer`: the switch gave up on this phone

"Just then" is `_NEAR`: one second around the instant, because the cancel and the answer that caused it are two events
whose order is not certain. `_Around` finds what else happened by binary search, so that many offers do not cost their
square.

**A phone that redirects** within its leg (the switch follows and keeps the channel) is two offers: `forwarded` for the
phone, and what came of the target.
"""

from bisect import bisect_left
from collections.abc import Sequence

from projections.callflow.document import Offer, OfferOutcome
from projections.callflow.kinds import CONNECTS
from projections.callflow.leg import Leg
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
# A phone that refuses by itself or by a key does so within this time (microseconds).
_AT_ONCE = 5_000_000


def connections(stretches: Sequence[Stretch]) -> dict[str, int]:
    """When each leg first talked with somebody or joined a room."""
    first: dict[str, int] = {}
    for stretch in stretches:
        if stretch.kind in CONNECTS:
            for leg in stretch.legs:
                first.setdefault(leg, stretch.started_at)
    return first


def offered(legs: dict[str, Leg], root: Leg | None) -> list[Leg]:
    """The legs that are offers, in the order in which they were made."""
    return [leg for leg in legs.values() if leg.real and leg.direction == "outbound" and leg is not root]


class _Around:
    """What else happened in the call around an instant, found by time."""

    def __init__(self, legs: dict[str, Leg], connected: dict[str, int]) -> None:
        self.legs = legs
        self.connected = connected
        self._answers = sorted(at for leg_id, at in connected.items() if legs[leg_id].direction == "outbound")
        self._left = sorted(leg.ended_at for leg in legs.values() if leg.disposition in ("recv_bye", "recv_cancel"))

    def answered(self, since: int, until: int) -> bool:
        """Did a phone that was called answer between two instants?"""
        return _any_between(self._answers, since, until)

    def left(self, since: int, until: int) -> bool:
        """Did somebody hang up by himself between two instants?"""
        return _any_between(self._left, since, until)


def _any_between(instants: list[int], since: int, until: int) -> bool:
    index = bisect_left(instants, since)
    return index < len(instants) and instants[index] <= until


def refused(leg: Leg) -> bool:
    """480 at once: a key was pressed, or do not disturb is on. A phone that rang its time out says so later."""
    soon = leg.ended_at - leg.created_at <= _AT_ONCE
    return leg.disposition == "recv_refuse" and leg.status == "480" and not leg.answered_at and soon


def outcome_of(leg: Leg, around: _Around) -> OfferOutcome | None:
    """What came of the offer to this leg; None while it is open."""
    if leg.leg_id in around.connected:
        return "answered"
    if not leg.ended_at:
        return None
    if leg.elsewhere == "true":
        return "answered_elsewhere"
    if leg.cause == "REDIRECTION_TO_NEW_DESTINATION" and leg.disposition.startswith("send_bye"):
        return "answered"
    if refused(leg):
        return "rejected"
    known = _BY_CAUSE.get(leg.cause)
    if known is not None:
        return known
    if leg.cause in _ENDED_BY_CALLER:
        return _cancelled(leg, around)
    if leg.rang and leg.disposition == "send_cancel":
        return _given_up(leg, around)
    return "failed"


def _cancelled(leg: Leg, around: _Around) -> OfferOutcome:
    """The switch took the offer back: somebody else answered, the caller left, or the switch gave up."""
    if leg.disposition == "recv_bye" and leg.answered_at:
        return "rejected"
    caller = around.legs.get(leg.parent or "")
    if leg.cause == "ATTENDED_TRANSFER":
        return _given_up(leg, around)
    if around.answered(max(leg.created_at, leg.ended_at) - _NEAR, leg.ended_at + _NEAR):
        return "answered_elsewhere"
    met = around.connected.get(caller.leg_id, 0) if caller is not None else 0
    if met and abs(met - leg.ended_at) <= _NEAR:
        return "answered_elsewhere"
    if caller is not None and caller.last_seen and (not caller.ended_at or caller.ended_at > leg.ended_at + _NEAR):
        return "no_answer" if leg.cause != "ORIGINATOR_CANCEL" or leg.answered_at else "cancelled"
    return "cancelled"


def _given_up(leg: Leg, around: _Around) -> OfferOutcome:
    """The switch stopped ringing. After a semi-attended transfer somebody waited, who may have left just then."""
    return "cancelled" if around.left(leg.ended_at - _NEAR, leg.ended_at + _NEAR) else "no_answer"


def offers_of(legs: dict[str, Leg], root: Leg | None, stretches: Sequence[Stretch]) -> list[Offer]:
    """All offers of the call, in the order in which they were made."""
    connected = connections(stretches)
    around = _Around(legs, connected)
    result = []
    for leg in offered(legs, root):
        outcome = outcome_of(leg, around)
        began = leg.created_at
        if leg.redirected_from:
            began = leg.redirected_at
            result.append(Offer(to=leg.redirected_from, started_at=leg.created_at, ended_at=began, outcome="forwarded"))
        ended = leg.ended_at
        if outcome == "answered":
            met = connected.get(leg.leg_id) or leg.answered_at
            # Met long after the phone was lifted: until then the call was only offered (a confirmation key).
            ended = met if met - leg.answered_at > _NEAR else leg.answered_at or met
        result.append(
            Offer(to=leg.party, started_at=began, ended_at=ended or None if outcome else None, outcome=outcome)
        )
    return result
