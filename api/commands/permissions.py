"""Who may command what: the one decision, from the asker's standing, the order, and the call as it is. Pure.

Whoever has all of a company has all of its phones. A person commands his own: his legs, whom he talks with as far as
his own phone could do it (transfer, park, digits), his colleagues' ringing phones for a pickup. A supervisor hears, and
may speak to, the calls of his agents and queues besides. What somebody may not even see is refused before, as not
there.
"""

from collections.abc import Collection
from typing import assert_never

import msgspec

from api.access.principal import COMPANY, Principal
from api.commands.bodies import (
    ConferenceBody,
    DtmfBody,
    HangupBody,
    HoldBody,
    MessageBody,
    OfCall,
    OfOne,
    ParkBody,
    PickupBody,
    RecordBody,
    TransferBody,
)
from api.commands.errors import CallEnded
from api.commands.leg_choice import SeenCall, seen
from api.errors import Forbidden
from core.commands import orders
from core.commands.orders import Order
from core.reach import Reach, reach
from projections.callflow.kinds import BETWEEN


def check_call(who: Principal, from_user: str) -> None:
    """Whether somebody may make a call from a user's phone; raises `Forbidden`."""
    if who.role not in COMPANY and from_user != who.user:
        raise Forbidden(f"{who.name} calls from the phone of {who.user} alone: say that as `from`.")


def check(who: Principal, order: Order, call: SeenCall) -> None:
    """Whether somebody may give an order to a call that he sees; raises `Forbidden`."""
    if who.role not in COMPANY and not may_command(who, order, call):
        raise Forbidden(f"{who.name} may command the phone of {who.user} alone, and this is another's.")


def may_command(who: Principal, order: Order, call: SeenCall) -> bool:
    """The decision for a person of a role that has not all of a company."""
    own = legs_of(call, (who.user,) if who.user is not None else ())
    match order:
        case orders.Originate(from_user=user):
            return user == who.user
        case orders.Eavesdrop(from_user=user):
            return user == who.user and who.role == "supervisor" and _supervises(who, call)
        case orders.Pickup(from_user=user, leg=leg):
            colleagues = who.standing.colleagues if who.standing is not None else ()
            return user == who.user and leg in legs_of(call, (*colleagues, who.user or ""))
        case orders.TransferBlind(leg=leg) | orders.Park(leg=leg) | orders.Dtmf(leg=leg):
            return leg in own or leg in _talking_with(call, own)
        case (
            orders.Hangup(leg=leg)
            | orders.TransferAttendedStart(leg=leg)
            | orders.TransferAttendedComplete(leg=leg)
            | orders.TransferAttendedCancel(leg=leg)
            | orders.Conference(leg=leg)
            | orders.Hold(leg=leg)
            | orders.Resume(leg=leg)
            | orders.RecordStart(leg=leg)
            | orders.RecordStop(leg=leg)
            | orders.SendMessage(leg=leg)
            | orders.ConferenceMute(leg=leg)
            | orders.ConferenceUnmute(leg=leg)
            | orders.ConferenceKick(leg=leg)
        ):
            return leg in own
        case _:
            assert_never(order)


def in_sight(who: Principal, *, picks_up: bool) -> Reach | None:
    """The calls among which one is looked for: those that somebody sees, and for a pickup his colleagues' as well."""
    seen = who.reach
    if seen is None or not picks_up or who.standing is None:
        return seen
    return reach((*seen.users, *who.standing.colleagues), seen.queues)


def picked(who: Principal, body: PickupBody, document: bytes) -> PickupBody | None:
    """A pickup of a call that somebody sees only while it rings at a colleague's: which leg; None: it does not."""
    try:
        call = seen(document)
    except CallEnded:
        return None
    colleagues = who.standing.colleagues if who.standing is not None else ()
    rings = {party for one in call.going if one.kind == "ring" for party in one.parties}
    legs = legs_of(call, colleagues)
    found = [leg for leg in call.live_legs if leg.leg_id in legs and leg.answered_at is None and leg.party in rings]
    named = [leg for leg in found if body.leg in (None, leg.leg_id) and body.party in (None, leg.party)]
    return msgspec.structs.replace(body, party=None, leg=named[0].leg_id) if named else None


def meant(who: Principal, body: OfCall, call: SeenCall) -> OfCall:
    """The command with the asker's own leg in it, where it names nobody and could mean others."""
    own = legs_of(call, (who.user,)) if who.user is not None and who.role not in COMPANY else set()
    if len(own) != 1 or not isinstance(body, OfOne) or body.party is not None or body.leg is not None:
        return body
    (leg,) = own
    match body:
        case TransferBody(by=None):
            return msgspec.structs.replace(body, by=leg)
        case ConferenceBody() | HangupBody() | HoldBody() | RecordBody() | MessageBody() | ParkBody() | DtmfBody():
            return msgspec.structs.replace(body, leg=leg)
        case _:
            return body


def legs_of(call: SeenCall, users: Collection[str]) -> set[str]:
    """The live legs of users. A caller from outside who shows a user's number has none of them."""
    outsider = call.from_.user is None
    parties = {one.party for one in call.parties if one.user is not None and one.user in users}
    return {
        leg.leg_id
        for leg in call.live_legs
        if leg.party in parties and not (outsider and leg.role == "caller" and leg.party == call.from_.party)
    }


def _talking_with(call: SeenCall, own: set[str]) -> set[str]:
    """The live legs of those who talk with these, or hold them, or are held by them."""
    mine = {leg.party for leg in call.live_legs if leg.leg_id in own and leg.party is not None}
    with_them: set[str] = set()
    for one in call.going:
        people = {*one.parties, *([str(one.detail["by"])] if one.kind == "hold" and one.detail.get("by") else [])}
        if one.kind in BETWEEN and not people.isdisjoint(mine):
            with_them |= people
    return {leg.leg_id for leg in call.live_legs if leg.party in with_them and leg.leg_id not in own}


def _supervises(who: Principal, call: SeenCall) -> bool:
    supervised = who.standing.supervised if who.standing is not None else Reach()
    waits = {party for one in call.segments if one.kind == "queue" for party in one.parties}
    queues = {f"queue:{queue.rpartition('@')[0]}" for queue in supervised.queues} | {
        f"queue:{queue}" for queue in supervised.queues
    }
    return bool(legs_of(call, supervised.users)) or not queues.isdisjoint(waits)
