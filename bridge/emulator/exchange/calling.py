"""Calling out: legs to phones, trunks and other places, until one answers or none will (switch_ivr_originate).

A leg that is made for a caller takes over who calls; one of a command shows what it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bridge.emulator.exchange import asking, legs, loopback
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.dialstring import Target, dial
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import route
from bridge.emulator.exchange.outside import outside
from bridge.emulator.exchange.session import HANDLERS, answer, call_state, hang_up, presence, ring_ready
from bridge.emulator.exchange.threads import Thread, Wait

SECOND: Final = 1_000_000
RINGS: Final = 60
"""seconds, where nothing else is said"""
_BUSY: Final = {"USER_BUSY": "BUSY", "NO_ANSWER": "NOANSWER", "ORIGINATOR_CANCEL": "CANCEL"}


@dataclass(slots=True)
class Result:
    """What came of calling."""

    channel: Channel | None = None
    cause: str = "NORMAL_TEMPORARY_FAILURE"
    causes: list[str] = field(default_factory=list)


def originate(
    exchange: Exchange,
    caller: Channel | None,
    text: str,
    seconds: int | None = None,
    leave: Callable[[], bool] = lambda: False,
) -> Thread[Result]:
    """Call; return the leg that answered first. The caller's leg hears it ring, and gives up when it hangs up.

    ``leave``: whether whoever wanted it, without a leg of its own here, gives up.
    """
    wanted, result = dial(text), Result(cause="DESTINATION_OUT_OF_ORDER")
    if caller is not None:
        if caller.answered:
            call_state(exchange, caller, "RING_WAIT")
        caller.variables["originate_disposition"] = "failure"  # until it is better known

    def gone() -> bool:
        return leave() or (caller is not None and (not caller.up or caller.taken))

    for targets in wanted.rounds:
        limit = seconds or int(wanted.variables.get("originate_timeout") or wanted.variables.get("call_timeout") or 0)
        if not limit and caller is not None:
            limit = int(caller.variables.get("call_timeout") or 0)
        yield from _round(exchange, caller, targets, wanted.variables, limit or RINGS, result, gone)
        if result.channel is not None or gone():
            break
    if caller is not None:
        if caller.call_state == "RING_WAIT" and caller.up and not caller.taken:
            call_state(exchange, caller, "ACTIVE")
        caller.variables["originate_disposition"] = "SUCCESS" if result.channel else result.cause
        caller.variables["DIALSTATUS"] = "SUCCESS" if result.channel else _BUSY.get(result.cause, "INVALIDARGS")
        if result.causes:
            listed = result.causes if len(result.causes) > 1 else result.causes * 2
            joined = "ARRAY::" + "|:".join(listed)
            caller.variables["originate_causes"] = joined if result.channel else result.causes[-1]
    return result


def _round(
    exchange: Exchange,
    caller: Channel | None,
    targets: tuple[Target, ...],
    variables: dict[str, str],
    limit: int,
    result: Result,
    gone: Callable[[], bool],
) -> Thread[None]:
    tried: list[tuple[Channel, int]] = []
    for target in targets:
        its = variables | target.variables
        made = yield from _leg(exchange, caller, target, its)
        if isinstance(made, str):
            result.cause = made
            continue
        tried.append((made, int(its.get("leg_timeout") or limit)))
        if caller is not None:
            said = f"{made.uuid};{made.profile.callee_name};{made.profile.callee_number}"
            caller.variables["originated_legs"] = f"ARRAY::{said}|:{said}" if len(targets) == 1 else said
    began, told = exchange.threads.now, False
    while tried:
        alive = [leg for leg, _ in tried if leg.up]
        won = next((leg for leg in alive if leg.answered), None)
        if won is not None or not alive:
            break
        if gone():
            cause = "PICKED_OFF" if caller is not None and caller.taken else "ORIGINATOR_CANCEL"
            for leg in alive:
                hang_up(exchange, leg, cause)
            result.cause = cause
            break
        if not told and caller is not None and any(leg.times.progress for leg in alive):
            told = True
            _hears(exchange, caller, alive[0])
        ends = {leg: began + seconds * SECOND for leg, seconds in tried if leg.up}
        due = min(ends.values())
        if due <= exchange.threads.now:
            for leg in [leg for leg, end in ends.items() if end <= exchange.threads.now]:
                hang_up(exchange, leg, "NO_ANSWER" if len(targets) == 1 or len(ends) == 1 else "ALLOTTED_TIMEOUT")
            continue
        seen = [(leg.state, leg.answer, leg.times.progress) for leg, _ in tried]
        yield Wait(
            lambda seen=seen: (  # type: ignore[misc]
                seen != [(leg.state, leg.answer, leg.times.progress) for leg, _ in tried] or gone()
            ),
            due,
        )
    won = next((leg for leg, _ in tried if leg.up and leg.answered), None)
    for leg, _ in tried:
        if leg is not won:
            hang_up(exchange, leg, "LOSE_RACE")
            result.cause = leg.cause if won is None and result.cause != "ORIGINATOR_CANCEL" else result.cause
        result.causes.append(f"{leg.uuid};{'NONE' if leg is won else leg.cause}")
    if won is not None:
        result.channel, result.cause = won, "SUCCESS"
        _joined(exchange, caller, won)


def _hears(exchange: Exchange, caller: Channel, leg: Channel) -> None:
    caller.profile.callee_name, caller.profile.callee_number = leg.profile.callee_name, leg.profile.callee_number
    ring_ready(exchange, caller)


def _joined(exchange: Exchange, caller: Channel | None, won: Channel) -> None:
    if caller is not None:
        caller.profile.callee_name = won.profile.callee_name
        caller.profile.callee_number = won.profile.callee_number
        answer(exchange, caller)
        if caller.twin is not None:
            caller.twin.profile.caller_name = won.profile.callee_name
            caller.twin.profile.caller_number = won.profile.callee_number
        caller.other = won.seen("originatee", times=True)
        if caller.call_state == "RING_WAIT":
            call_state(exchange, caller, "ACTIVE")
        if won.other is not None:
            won.other.profile.callee_name = won.profile.callee_name
            won.other.profile.callee_number = won.profile.callee_number
    if "dialed_user" in won.variables:  # the endpoint `user` has called, and tells of it once more
        exchange.emit(won, "CHANNEL_OUTGOING")


def _leg(
    exchange: Exchange, caller: Channel | None, target: Target, variables: dict[str, str]
) -> Thread[Channel | str]:
    """Make the leg to one target, or say why not."""
    if target.kind == "loopback":
        return loopback.leg(exchange, caller, target.rest, variables)
    if target.kind == "sofia":
        made = legs.new(exchange, caller, target.rest.rpartition("/")[2], f"sofia/external/{target.rest}", variables)
        legs.begin(exchange, made, caller, variables)
        exchange.start(outside(exchange, made, target.rest))
        return made
    if target.kind != "user":
        return "CHAN_NOT_IMPLEMENTED"
    name, _, domain = target.rest.partition("@")
    if caller is not None and not domain:
        domain = caller.profile.context
    found = yield from asking.user(exchange, name, domain, "user_call")
    if found is None:
        return "SUBSCRIBER_ABSENT"
    exchange.fire("API", [("API-Command", "sofia_contact"), ("API-Command-Argument", f"*/{name}@{domain}")])
    phone = exchange.phones.get(f"{name}@{domain}")
    if phone is None or not phone.registered:
        return "USER_NOT_REGISTERED"
    made = legs.new(exchange, caller, name, f"sofia/internal/{name}@127.0.0.1:{phone.port}", variables)
    made.presence = phone.address
    if caller is not None:
        caller.variables |= {"dialed_user": name, "dialed_domain": domain}
    own = {"dialed_user": name, "dialed_domain": domain, "sip_invite_domain": domain, "presence_id": phone.address}
    told = {key: value for key, value in found.variables.items() if key != "domain_name"}
    legs.begin(exchange, made, caller, told | variables | own)
    exchange.start(phone.invited(made))
    return made


def _route_outbound(exchange: Exchange, channel: Channel) -> Thread[None]:
    """A leg that the switch called waits for its phone; one that was sent into the dialplan follows it."""
    if channel.outbound and not channel.profile.transfer_source:
        channel.state = "CS_CONSUME_MEDIA"
        presence(exchange, channel, "CS_ROUTING")
        return
    yield from route(exchange, channel)


HANDLERS["CS_ROUTING"] = _route_outbound
