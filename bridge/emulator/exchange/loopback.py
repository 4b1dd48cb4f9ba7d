"""Legs that the switch makes to itself (mod_loopback): what happens to one happens to the other.

They do not bow out here: Harmony's commands forbid it, and nothing else makes them.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.emulator.exchange import legs
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.session import session


def leg(exchange: Exchange, caller: Channel | None, rest: str, variables: dict[str, str]) -> Channel:
    """Make the two legs of ``loopback/NUMBER/CONTEXT/XML``; return the one that the caller has."""
    number, context, dialplan = [*rest.split("/"), "default", "XML"][:3]
    wanted = variables.get("origination_uuid", "")
    a = legs.new(exchange, caller, number, f"loopback/{number}-a", {**variables, "origination_uuid": ""})
    a.codec, a.profile.source, a.profile.context = True, "mod_loopback", context
    a.profile.callee_number = dialplan
    media = {"read_codec": "PCMU", "read_rate": "8000", "write_codec": "PCMU", "write_rate": "8000"}
    a.variables |= media
    if wanted:
        exchange.rename(a, wanted)
    b = exchange.new_channel(
        replace(a.profile, direction="inbound", logical_direction="inbound"), f"loopback/{number}-b"
    )
    b.codec, b.hit_dialplan, b.times = True, True, replace(a.times)
    a.twin, b.twin = b, a
    a.variables["loopback_from_uuid"] = caller.uuid if caller is not None else ""
    b.variables |= {**media, **{name: value for name, value in variables.items() if name != "origination_uuid"}}
    if caller is not None:
        exported = caller.variables.get("export_vars", "")
        b.variables |= {name: caller.variables[name] for name in exported.split(",") if name in caller.variables}
        b.variables["other_loopback_from_uuid"] = caller.uuid
    b.variables |= {"other_loopback_leg_uuid": a.uuid, "loopback_leg": "B"}
    legs.begin(exchange, a, caller, {**variables, "other_loopback_leg_uuid": b.uuid, "loopback_leg": "A"})
    b.state = "CS_INIT"
    exchange.start(session(exchange, b))
    return a
