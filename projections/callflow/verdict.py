"""What a call was, all in all: from whom, which way, how it came out, who ended it.

Read from the legs' own words and from what happened, never from one field alone: NORMAL_CLEARING on the caller's leg
of a call that nobody answered says nothing, and a SUCCESS of `originate_disposition` may be early media
(FREESWITCH switch_ivr_originate.c).
"""

from collections.abc import Collection, Sequence

from core import tenancy
from core.numbers import number
from projections.callflow.document import Caller, Direction, Hangup, Offer, Outcome, State, Transfer
from projections.callflow.fact import Fact
from projections.callflow.kinds import WAITS, lives
from projections.callflow.leg import Leg
from projections.callflow.offer_kinds import OFFERS
from projections.callflow.timeline import Stretch

# Legs that end within this time (microseconds) of the last one ended together with it.
_TOGETHER = 1_000_000
# An event of the end of a talk, and that of the leg which ended it (microseconds).
_AT_ONCE = 100_000
_LEFT = ("recv_bye", "recv_cancel")
_BY_CAUSE: dict[str, Outcome] = {
    "USER_BUSY": "busy",
    "CALL_REJECTED": "rejected",
    "NO_ANSWER": "no_answer",
    "NO_USER_RESPONSE": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer",
    "PROGRESS_TIMEOUT": "no_answer",
    "ORIGINATOR_CANCEL": "cancelled",
}
_STATES = lives()


def caller_of(root: Leg, legs: dict[str, Leg]) -> Caller:
    """Who called; where the caller's own leg was never seen, as the legs that it made were told."""
    if not root.last_seen:
        child = next((leg for leg in legs.values() if leg.parent == root.leg_id and leg.number), None)
        number = child.number if child else None
        return Caller(party=number, number=number, name=child.caller_name if child else None)
    number = root.number if root.outsider else root.party
    name = root.caller_name or None
    if root.direction == "outbound":
        name = None
    return Caller(party=root.party, number=number or None, name=name, user=root.user)


def dialled_of(root: Leg, legs: dict[str, Leg], facts: Sequence[Fact]) -> str | None:
    """What the caller dialled, before any forward. A click-to-call's is where the answered leg was sent first."""
    if root.direction == "outbound":
        for fact in facts:
            if fact.kind == "command" and fact.data["command"] == "originate" and fact.leg == root.leg_id:
                words = fact.data["arguments"].rpartition("}")[2].split()
                if len(words) > 1 and not words[1].startswith("&"):
                    return words[1]
        sent = next((number for number in root.destinations if number != root.party), None)
        called = next((leg.party for leg in legs.values() if leg.parent == root.leg_id and leg.real), None)
        # Nobody picked up: what the caller's own phone was shown is whom the caller wanted.
        shown = root.number if not root.answered_at and root.number != root.party else None
        return sent or called or shown
    if not root.last_seen:
        child = next((leg for leg in legs.values() if leg.parent == root.leg_id and leg.destination), None)
        return child.destination if child else None
    return (root.destination if root.begin_seen else root.requested or root.destination) or None


def tenant_of(root: Leg, legs: dict[str, Leg]) -> str | None:
    """The company that a call belongs to: its caller's, or the one whose number was called; None if nothing says so."""
    others = (_evidence(leg) for leg in legs.values() if leg is not root and leg.real)
    return tenancy.tenant_of(_evidence(root), others)


def _evidence(leg: Leg) -> tenancy.Evidence:
    return tenancy.Evidence(user=leg.user, company=leg.company, domain=leg.domain, context=leg.context)


def direction_of(root: Leg, offered: Sequence[Leg], transfers: Sequence[Transfer]) -> Direction:
    """As the tenant sees it: who comes from outside is inbound, who was first called outside is outbound."""
    if root.outsider:
        return "inbound"
    if not offered:
        return "internal"
    first = [leg for leg in offered if leg.created_at <= offered[0].created_at + 500_000]
    moved = any(transfer.at <= first[0].created_at for transfer in transfers)
    return "outbound" if all(leg.outsider and not leg.redirected_from for leg in first) and not moved else "internal"


def state_of(
    root: Leg, legs: dict[str, Leg], stretches: Sequence[Stretch], transfers: Sequence[Transfer], complete: bool
) -> State:
    """What is going on now; a call that rings, was only just made, or is on its way to a phone, is ringing."""
    if complete:
        return "complete"
    going = {stretch.kind for stretch in stretches if stretch.ended_at is None}
    if root.ended_at and not going and stretches:
        # The legs have hung up and their last words are on the way: what ended just now is what the call was.
        going = {max(stretches, key=lambda stretch: stretch.ended_at or 0).kind}
    # A transfer whose target does not ring yet, and a phone that was called and has not said a word.
    coming = any(transfer.result is None for transfer in transfers) or any(
        leg.real and leg is not root and leg.direction == "outbound" and not (leg.answered_at or leg.ended_at)
        for leg in legs.values()
    )
    menu = root.answered_at and "ring" not in going and root.direction == "inbound" and not coming
    alone: State = "ivr" if menu else "ringing"
    return next((state for kind, state in _STATES if kind in going), alone)


def people_of(root: Leg, legs: dict[str, Leg], connected: Collection[str]) -> list[Leg]:
    """The legs with which the call ended: all but those of phones that met nobody, where the caller left by himself.

    An agent who lifts as the caller leaves is still on the line when the call is over, until the switch sweeps up.
    """
    real = [leg for leg in legs.values() if leg.real]
    if root.disposition not in _LEFT or not root.last_seen:
        return real
    return [leg for leg in real if leg is root or leg.leg_id in connected or leg.direction != "outbound"]


def hangup_of(root: Leg, people: Sequence[Leg], outcome: Outcome | None, stretches: Sequence[Stretch] = ()) -> Hangup:
    """Who ended the call, from the dispositions of the legs that ended last (mod_sofia, sip_hangup_disposition).

    Where nobody of them left by himself, it was who left as the last thing that went on ended, however long the
    switches took to sweep up (over a hop: seconds).
    """
    real = sorted(people, key=lambda leg: (leg.ended_at, leg.first_order))
    last = [leg for leg in real if leg.ended_at >= real[-1].ended_at - _TOGETHER] if real else []
    last = [leg for leg in last if not (leg.transfer_to or leg.refer)] or last
    # Where several left by themselves (a room), the last of them ended the call.
    by = next((leg for leg in reversed(last) if leg.disposition in _LEFT), None)
    if by is None and outcome in ("rejected", "busy"):
        by = next((leg for leg in last if leg.disposition == "recv_refuse"), None)
    if by is None and stretches:
        over = max(stretch.ended_at or 0 for stretch in stretches)
        ended = [leg for stretch in stretches if stretch.ended_at == over for leg in stretch.legs]
        left = [leg for leg in real if leg.disposition in _LEFT and leg.leg_id in ended]
        by = next((leg for leg in left if abs(leg.ended_at - over) <= _AT_ONCE), None)
    deciding = root if root.cause and (root in last or not last) else last[-1] if last else root
    refused = [leg for leg in last if leg.disposition == "recv_refuse"] if deciding.disposition == "send_refuse" else []
    status = (refused[-1].status if refused else deciding.status) or (by.status if by else "")
    return Hangup(
        by=by.party if by else "switch",
        cause=deciding.cause or None,
        sip_status=number(status, 999),
    )


def outcome_of(
    root: Leg, legs: dict[str, Leg], stretches: Sequence[Stretch], offers: Sequence[Offer], answered: bool
) -> Outcome:
    """How a call that is over came out."""
    kinds = {stretch.kind for stretch in stretches}
    if answered or "monitor" in kinds:
        return "answered"
    if "voicemail" in kinds:
        return "voicemail"
    left = root.disposition in _LEFT
    # An announcement to somebody who was not even answered is a way to refuse.
    stretches = [stretch for stretch in stretches if stretch.kind != "announcement" or root.answered_at]
    waited = [stretch for stretch in stretches if stretch.kind in WAITS and root.leg_id in stretch.legs]
    rang = [offer for offer in offers if offer.ended_at]
    if waited and not (rang and rang[-1].started_at > waited[-1].started_at and waited[-1].kind != "queue"):
        return "abandoned" if left else "unserved"
    if left:
        return "cancelled"
    for cause in (root.cause, root.originate):
        if cause == "NO_USER_RESPONSE" and rang and rang[-1].outcome == "rejected":
            return "rejected"
        if cause in _BY_CAUSE:
            return _BY_CAUSE[cause]
    if root.answered_at or not root.cause:
        for offer in reversed(rang):
            if offer.outcome and (decided := OFFERS[offer.outcome].decides):
                return decided
    if root.end_quality != "observed":
        return "unserved" if root.answered_at else "failed"
    return "failed"
