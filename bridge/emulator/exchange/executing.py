"""The dialplan: a number is looked up, and what was found is executed, one application after the other.

Source: FreeSWITCH switch_core_state_machine.c, switch_core_session.c (switch_core_session_exec), switch_ivr.c
(switch_ivr_session_transfer). What the applications do is in `applications` and the modules beside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bridge.emulator.exchange import asking
from bridge.emulator.exchange.bridging import PRIVATELY, remember
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.expanding import expand
from bridge.emulator.exchange.session import HANDLERS, hang_up, presence
from bridge.emulator.exchange.threads import Thread

Application = Callable[[Exchange, Channel, str], Thread[None] | None]
APPLICATIONS: Final[dict[str, Application]] = {}
"""by name; the modules that have them put them in"""


def route(exchange: Exchange, channel: Channel) -> Thread[None]:
    """Look up the number of a leg."""
    if channel.outbound and "channel_cid_flipped" not in channel.variables:
        _flip(exchange, channel)
    found = yield from asking.dialplan(exchange, channel)
    if channel.state != "CS_ROUTING":
        return
    if found is None:
        hang_up(exchange, channel, "NO_ROUTE_DESTINATION")
        return
    channel.hit_dialplan = True
    for name, data, inline in found:
        if inline:
            yield from execute(exchange, channel, name, data)
    channel.actions = [(name, data) for name, data, inline in found if not inline]
    channel.state = "CS_EXECUTE"
    presence(exchange, channel, "CS_ROUTING")


def _flip(exchange: Exchange, channel: Channel) -> None:
    """Whom the switch called is the one who calls now (switch_channel_flip_cid)."""
    profile = channel.profile
    channel.variables |= {
        "pre_transfer_caller_id_name": profile.caller_name,
        "pre_transfer_caller_id_number": profile.caller_number,
        "channel_cid_flipped": "yes",
    }
    caller, callee = (profile.caller_name, profile.caller_number), (profile.callee_name, profile.callee_number)
    (profile.caller_name, profile.caller_number), (profile.callee_name, profile.callee_number) = callee, caller
    exchange.emit(channel, "CALL_UPDATE", first=[("Direction", "RECV")])


def run(exchange: Exchange, channel: Channel) -> Thread[None]:
    """Execute what was found; a leg with nothing more to do is let go."""
    while channel.actions and channel.state == "CS_EXECUTE":
        name, data = channel.actions.pop(0)
        yield from execute(exchange, channel, name, data)
    if channel.state == "CS_EXECUTE":
        hang_up(exchange, channel, "NORMAL_CLEARING")


def execute(exchange: Exchange, channel: Channel, name: str, data: str) -> Thread[None]:
    """Execute one application on a leg."""
    argument = expand(exchange, channel, data)
    if name in ("set", "export"):
        argument = f"{argument.partition('=')[0].strip()}={argument.partition('=')[2]}"
    told = [("Application", name), *([("Application-Data", argument)] if argument else [])]
    told_id = ("Application-UUID", exchange.new_uuid())
    channel.doing = (name, argument)
    channel.variables |= {"current_application_data": argument, "current_application": name}
    exchange.emit(channel, "CHANNEL_EXECUTE", [*told, told_id])
    does = APPLICATIONS.get(name)
    acts = does(exchange, channel, argument) if does is not None else None
    if acts is not None:
        yield from acts
    exchange.emit(channel, "CHANNEL_EXECUTE_COMPLETE", [*told, ("Application-Response", "_none_"), told_id])


def privately(exchange: Exchange, channel: Channel, name: str, data: str) -> Thread[None]:
    """Execute an application on a leg that talks; whom it talks with hears its music meanwhile, if it has any."""
    peer = channel.peer
    music = peer.variables.get("hold_music", "") if peer is not None and name != "playback" else ""
    if peer is not None and music:
        peer.queue.append(("playback", music))
        yield exchange.threads.after(0)
    yield from execute(exchange, channel, name, data)
    if peer is not None and music:
        peer.interrupted = True
    exchange.emit(channel, "PRIVATE_COMMAND")


def transfer(exchange: Exchange, channel: Channel, number: str, context: str) -> None:
    """Send a leg to a number; who was with it is let go by its bridge."""
    old = channel.profile
    said = f"{exchange.now // 1_000_000}:{exchange.new_uuid()}:bl_xfer:{number}/{context}/XML"
    remember(channel, said)
    new = replace(old, destination=number, context=context, dialplan="XML", rdnis=old.destination, transfer_source=said)
    channel.profile, channel.index, channel.other = new, channel.index + 1, None
    channel.times.profile = exchange.now
    channel.actions, channel.peer = [], None
    channel.state = "CS_ROUTING"


HANDLERS["CS_EXECUTE"] = run
PRIVATELY.append(privately)
