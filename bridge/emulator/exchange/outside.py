"""The world behind a trunk: somebody at a number, who answers after a while, or is busy, or is nobody; who calls in.

Numbers decide: ...0 is nobody's, ...9 is busy, ...8 does not answer; all others answer.
"""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange.channel import Channel, Profile
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.session import answer, codecs, hang_up, ring_ready, session
from bridge.emulator.exchange.threads import TICK, Thread

SECOND: Final = 1_000_000
LONGEST: Final = 600 * SECOND
"""µs after which whoever was called hangs up"""


def outside(exchange: Exchange, channel: Channel, where: str) -> Thread[None]:
    """Be who is called by a gateway, ``gateway/NAME/NUMBER``."""
    parts = where.split("/")
    if parts[0] == "gateway" and len(parts) > 2:
        channel.variables["sip_gateway_name"] = parts[1]
    number = parts[-1]
    yield exchange.threads.after(TICK)
    if number.endswith("0"):
        hang_up(exchange, channel, "UNALLOCATED_NUMBER", "recv_refuse")
        return
    if number.endswith("9"):
        hang_up(exchange, channel, "USER_BUSY", "recv_refuse")
        return
    channel.variables["sip_call_id"] = exchange.new_uuid()
    ring_ready(exchange, channel)
    seconds = exchange.random.uniform(2.0, 6.0) if not number.endswith("8") else 3600.0
    if (yield exchange.threads.within(int(seconds * SECOND), lambda: not channel.up)):
        return
    codecs(exchange, channel)
    answer(exchange, channel)
    yield exchange.threads.within(LONGEST, lambda: not channel.up)
    hang_up(exchange, channel, "NORMAL_CLEARING", "recv_bye")


def call_in(exchange: Exchange, number: str, wanted: str, name: str = "") -> Channel:
    """Let somebody outside call one of our numbers; return the leg."""
    shown = name or number
    profile = Profile(
        direction="inbound",
        logical_direction="inbound",
        username=number,
        dialplan="XML",
        caller_name=shown,
        caller_number=number,
        original_name=shown,
        original_number=number,
        network="127.0.0.2",
        ani=number,
        destination=wanted,
        source="mod_sofia",
        context="public",
    )
    channel = exchange.new_channel(profile, f"sofia/external/{number}@127.0.0.2")
    channel.hit_dialplan = True
    exchange.start(_coming(exchange, channel))
    return channel


def _coming(exchange: Exchange, channel: Channel) -> Thread[None]:
    channel.running = "CS_NEW"
    exchange.emit(channel, "CHANNEL_STATE")
    channel.presence = f"{channel.profile.caller_number}@127.0.0.2"
    channel.variables |= {
        "sip_from_user": channel.profile.caller_number,
        "sip_from_host": "127.0.0.2",
        "sip_call_id": exchange.new_uuid(),
        "sofia_profile_name": "external",
        "sip_req_user": channel.profile.destination,
        "sip_to_user": channel.profile.destination,
        "presence_id": channel.presence,
        "endpoint_disposition": "DELAYED NEGOTIATION" if exchange.late else "RECEIVED",
    }
    yield exchange.threads.after(TICK)
    if not exchange.late:
        codecs(exchange, channel)
    channel.state = "CS_INIT"
    exchange.start(session(exchange, channel))


def leave(exchange: Exchange, channel: Channel) -> None:
    """Whoever called in hangs up."""
    if channel.answered:
        hang_up(exchange, channel, "NORMAL_CLEARING", "recv_bye")
    else:
        hang_up(exchange, channel, "ORIGINATOR_CANCEL", "recv_cancel")
