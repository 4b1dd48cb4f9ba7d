"""From a body and the call it is about to an order for a switch. Reads the store of commands, writes nothing.

Numbers are dialled in the dialplan context that carries the company's domain as its name. The context that is seen on a
leg says where that leg came in (`public` for everybody outside): nothing must be dialled there for a company.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import assert_never
from uuid import uuid4

import msgspec

from api.access.principal import Principal
from api.commands.bodies import (
    CallBody,
    CancelBody,
    CompleteBody,
    ConferenceBody,
    DtmfBody,
    EavesdropBody,
    HangupBody,
    HoldBody,
    KickBody,
    MessageBody,
    MuteBody,
    OfCall,
    OfOne,
    OfRoom,
    ParkBody,
    PickupBody,
    RecordBody,
    ResumeBody,
    TransferBody,
    UnmuteBody,
)
from api.commands.errors import NoContext, NoLeg, NoRoom, NoSwitch, WhichLeg
from api.commands.leg_choice import SeenCall, SeenLeg, anybody, by_id, caller, holder, named, only, peer, ringing
from api.errors import Forbidden, NotFound
from core.commands import checks, orders
from core.commands.orders import Order
from core.commands.store import CommandStore


class Dispatch(msgspec.Struct, frozen=True):
    """An order with the switch that has its leg."""

    order: Order
    switch: str


def of_call(body: OfCall, call: SeenCall, who: Principal, store: CommandStore) -> Dispatch:
    """The order of a command to a call; raises `ApiError` and `BadOrder`."""
    match body:
        case HangupBody(cause=cause):
            leg = named(call, body) or caller(call)
            return _at(leg, orders.Hangup(leg=leg.leg_id, cause=cause))
        case TransferBody():
            return _transfer(body, call, who)
        case CompleteBody():
            return _settle(call, store, orders.TransferAttendedComplete)
        case CancelBody():
            return _settle(call, store, orders.TransferAttendedCancel)
        case ConferenceBody(room=room):
            leg = _one(call, body, "goes into the room, with whom it talks")
            if room is None:
                raise NoRoom("There is no room that is empty: say which, as `room`.")
            return _at(leg, orders.Conference(leg=leg.leg_id, to=room, context=_context(call.tenant, None, who)))
        case HoldBody():
            leg = _one(call, body, "holds")
            return _at(leg, orders.Hold(leg=leg.leg_id))
        case ResumeBody():
            leg = named(call, body) or holder(call)
            return _at(leg, orders.Resume(leg=leg.leg_id))
        case ParkBody(lot=lot):
            leg = _one(call, body, "is parked")
            return _at(leg, orders.Park(leg=leg.leg_id, lot=lot, context=_context(call.tenant, None, who)))
        case PickupBody(user=user):
            own_user(user, who, "user")
            leg = named(call, body) or ringing(call)
            return _at(leg, orders.Pickup(from_user=user, leg=leg.leg_id))
        case EavesdropBody(user=user, mode=mode):
            own_user(user, who, "user")
            leg = named(call, body) or caller(call)
            return _at(leg, orders.Eavesdrop(from_user=user, leg=leg.leg_id, mode=mode))
        case RecordBody():
            return _record(body, call, store)
        case DtmfBody(digits=digits, duration=duration):
            leg = _one(call, body, "gets the digits")
            return _at(leg, orders.Dtmf(leg=leg.leg_id, digits=digits, duration=duration))
        case MessageBody(text=text):
            leg = _one(call, body, "gets the message")
            return _at(leg, orders.SendMessage(leg=leg.leg_id, text=text))
        case _:
            assert_never(body)


def of_room(body: OfRoom, room: str, leg: SeenLeg) -> Dispatch:
    """The order of a command to a member of a conference."""
    match body:
        case MuteBody():
            return _at(leg, orders.ConferenceMute(room=room, leg=leg.leg_id))
        case UnmuteBody():
            return _at(leg, orders.ConferenceUnmute(room=room, leg=leg.leg_id))
        case KickBody():
            return _at(leg, orders.ConferenceKick(room=room, leg=leg.leg_id))
        case _:
            assert_never(body)


def click_to_call(body: CallBody, who: Principal) -> orders.Originate:
    """The order of a new call; its switch is still to be found."""
    company = own_user(body.from_, who, "from")
    return orders.Originate(
        from_user=body.from_,
        to=body.to,
        context=_context(company, body.context, who),
        caller_name=body.caller_name,
        timeout=body.timeout,
    )


def own_user(user: str, who: Principal, field: str) -> str:
    """The company of a user, who must be of the asker's own; to others there is no such user."""
    checks.user(field, user)
    company = user.rpartition("@")[2]
    if not who.sees(company):
        raise NotFound(f"There is no user {user} in {who.tenant}.")
    return company


def _context(company: str | None, given: str | None, who: Principal) -> str:
    if given is not None and who.tenant not in (None, given):
        raise Forbidden(f"A context is for operators to name: numbers are dialled in that of {who.tenant}.")
    context = company if given is None else given
    if context is not None:
        return context
    raise NoContext("The call belongs to no company, so it must be said in which dialplan `context` to dial.")


def _transfer(body: TransferBody, call: SeenCall, who: Principal) -> Dispatch:
    moved, by = named(call, body), None if body.by is None else anybody(call, body.by)
    context = _context(call.tenant, body.context, who)
    if body.kind == "blind":
        moved = moved or (peer(call, by) if by else only(call, "is to be moved"))
        return _at(moved, orders.TransferBlind(leg=moved.leg_id, to=body.to, context=context))
    if moved is None and by is None:
        raise WhichLeg("Say who transfers, as `by`, or who is moved, as `party` or `leg`.")
    by = by or peer(call, _sure(moved))
    moved = moved or peer(call, by)
    if by.switch != moved.switch:
        raise NoSwitch(
            f"{by.party} is on {by.switch} and {moved.party} on {moved.switch}: only a blind transfer can do."
        )
    order = orders.TransferAttendedStart(leg=by.leg_id, other=moved.leg_id, to=body.to, context=context)
    return _at(by, order)


def _sure(leg: SeenLeg | None) -> SeenLeg:
    assert leg is not None
    return leg


Settle = Callable[..., orders.TransferAttendedComplete] | Callable[..., orders.TransferAttendedCancel]


def _settle(call: SeenCall, store: CommandStore, order: Settle) -> Dispatch:
    running = store.consultation([call.call_id, *call.aliases])
    if running is None or not isinstance(running.order, orders.TransferAttendedStart):
        raise NoLeg(f"No attended transfer runs in the call {call.call_id} that a command began.")
    if running.consult is None:
        raise NoLeg("The switch has not called the target of the transfer yet: ask again in a moment.")
    start = running.order
    return Dispatch(order(leg=start.leg, other=start.other, consult=running.consult), running.switch)


def _record(body: RecordBody, call: SeenCall, store: CommandStore) -> Dispatch:
    leg = named(call, body)
    if body.action == "start":
        leg = leg or caller(call)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4()}.wav"
        return _at(leg, orders.RecordStart(leg=leg.leg_id, name=name))
    running = store.recording([call.call_id, *call.aliases], None if leg is None else leg.leg_id)
    if running is None:
        raise NoLeg(f"No recording runs in the call {call.call_id} that a command began.")
    return _at(by_id(call, running.leg), orders.RecordStop(leg=running.leg, name=running.name))


def _one(call: SeenCall, body: OfOne, what: str) -> SeenLeg:
    return named(call, body) or only(call, what)


def _at(leg: SeenLeg, order: Order) -> Dispatch:
    if not leg.switch:
        raise NoSwitch(f"It is not known which switch has the leg {leg.leg_id}.")
    return Dispatch(order, leg.switch)
