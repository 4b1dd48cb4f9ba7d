"""Legs that the switch makes: who they say calls, and how they begin. Whom they are for is `calling`'s."""

from __future__ import annotations

from bridge.emulator.exchange.channel import Channel, Profile
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.session import session


def new(exchange: Exchange, caller: Channel | None, number: str, name: str, variables: dict[str, str]) -> Channel:
    """Return a leg to a number, for a caller or for nobody."""
    shown_name, shown_number = (
        variables.get("origination_caller_id_name"),
        variables.get("origination_caller_id_number"),
    )
    if caller is None:
        profile = Profile(
            direction="outbound",
            logical_direction="outbound",
            caller_name=shown_name or "",
            caller_number=shown_number or "0000000000",
            original_name=shown_name or "",
            original_number=shown_number or "0000000000",
            ani=shown_number or "",
            source="src/switch_ivr_originate.c",
            context="default",
        )
    else:
        by, said = caller.profile, caller.variables
        profile = Profile(
            direction="outbound",
            logical_direction="outbound",
            username=by.username,
            dialplan="XML",
            caller_name=shown_name or said.get("effective_caller_id_name") or by.caller_name,
            caller_number=shown_number or said.get("effective_caller_id_number") or by.caller_number,
            original_name=by.original_name,
            original_number=by.original_number,
            network=by.network,
            ani=by.ani,
            source=by.source,
            context=by.context,
            rdnis=by.rdnis,
        )
    profile.callee_name, profile.callee_number, profile.destination = "Outbound Call", number, number
    return exchange.new_channel(profile, name, variables.get("origination_uuid", ""))


def begin(exchange: Exchange, channel: Channel, caller: Channel | None, variables: dict[str, str]) -> None:
    """Tell of a leg, and let it run."""
    said = channel.variables
    if caller is not None:
        channel.other = caller.seen("originator", times=False)
        channel.call_uuid = caller.call_uuid or caller.uuid
        said |= {"originator": caller.uuid, "signal_bond": caller.uuid, "call_uuid": channel.call_uuid}
        exported = caller.variables.get("export_vars", "")
        if exported:
            said["export_vars"] = exported
        for name in exported.split(","):
            if name in caller.variables:
                said[name] = caller.variables[name]
        said["originating_leg_uuid"] = caller.uuid
    channel.state = "CS_INIT"
    exchange.emit(channel, "CHANNEL_OUTGOING")
    said |= {name: value for name, value in variables.items() if name != "origination_uuid"}
    said["originate_early_media"] = "false" if variables.get("ignore_early_media") == "true" else "true"
    exchange.start(session(exchange, channel))
