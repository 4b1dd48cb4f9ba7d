"""Notices of switches: what the bridge found out about a switch and its link, and what a switch says of itself.

Nobody's but the operators'.
"""

from typing import Any

from core.event import SwitchEvent
from projections.published import notice_data as data
from projections.published.made import instant, made, number
from projections.published.notice import Notice


def link_up(event: SwitchEvent) -> list[Notice]:
    """The link stands; a core other than the one before means that the switch was started again."""
    up = data.SwitchLinkUp(
        **_core(event), **_interval(event), missed_sessions=number(event.get("Harmony-Missed-Sessions"))
    )
    found = [made(event, "switch.link_up", event.switch, up)]
    if old := event.get("Harmony-Old-Core-UUID"):
        restarted = data.SwitchRestarted(**_core(event), old_core_uuid=old)
        found.append(made(event, "switch.restarted", event.switch, restarted))
    return found


def link_down(event: SwitchEvent) -> list[Notice]:
    """The link is lost."""
    told = data.SwitchLinkDown(**_core(event), **_interval(event), reason=event.get("Harmony-Reason"))
    return [made(event, "switch.link_down", event.switch, told)]


def gap(event: SwitchEvent) -> list[Notice]:
    """Events are missing while the link stood."""
    missing, evidence = number(event.get("Harmony-Missing")), event.get("Harmony-Evidence")
    told = data.SwitchGap(**_core(event), **_interval(event), missing=missing, evidence=evidence)
    return [made(event, "switch.gap", event.switch, told)]


def overflow(event: SwitchEvent) -> list[Notice]:
    """The switch's queue for us was full."""
    told = data.SwitchOverflow(**_core(event), **_interval(event), missing=number(event.get("Harmony-Missing")))
    return [made(event, "switch.overflow", event.switch, told)]


def reconciled(event: SwitchEvent) -> list[Notice]:
    """Our account was held against the switch's."""
    get = event.get
    told = data.SwitchReconciled(
        **_core(event),
        cause=get("Harmony-Cause"),
        channels=number(get("Harmony-Channels")),
        unseen=number(get("Harmony-Unseen")),
        gone=number(get("Harmony-Gone")),
        ghosts=number(get("Harmony-Ghosts")),
        certain=get("Harmony-Certain") == "true",
    )
    return [made(event, "switch.reconciled", event.switch, told)]


def parked(event: SwitchEvent) -> list[Notice]:
    """Something that came is no event."""
    told = data.SwitchParked(
        **_origin(event),
        events=number(event.get("Harmony-Events")),
        code=event.get("Harmony-Code"),
        reason=event.get("Harmony-Reason"),
    )
    return [made(event, "switch.parked", event.switch, told)]


def started(event: SwitchEvent) -> list[Notice]:
    """The switch's own STARTUP."""
    core, version = event.get("Core-UUID"), event.get("FreeSWITCH-Version")
    told = data.SwitchStarted(**_origin(event), core_uuid=core, version=version)
    return [made(event, "switch.started", event.switch, told)]


def shutdown(event: SwitchEvent) -> list[Notice]:
    """The switch's own SHUTDOWN."""
    told = data.SwitchShutdown(**_origin(event), core_uuid=event.get("Core-UUID"))
    return [made(event, "switch.shutdown", event.switch, told)]


def _origin(event: SwitchEvent) -> dict[str, Any]:
    return {"switch": event.switch, "caused_position": event.position}


def _core(event: SwitchEvent) -> dict[str, Any]:
    return {**_origin(event), "core_uuid": event.get("Harmony-Core-UUID")}


def _interval(event: SwitchEvent) -> dict[str, Any]:
    return {"since": instant(event.get("Harmony-Since")), "until": instant(event.get("Harmony-Until"))}
