"""Notices of commands and of what operators do: events of our own, whose headers say whose they are."""

from typing import Any, cast

import msgspec

from core.event import SwitchEvent
from projections.published import notice_data as data
from projections.published.made import made
from projections.published.notice import Notice

_RESULTS: tuple[data.CommandResult, ...] = ("ok", "failed", "expired", "unknown")
_KEPT = "access."
_SUBJECTS = ("from_user", "to")
"""arguments that name people"""


def command_requested(event: SwitchEvent) -> list[Notice]:
    """A command was recorded."""
    return _command(event, "command.requested", data.CommandRequested(**_about(event)))


def command_completed(event: SwitchEvent) -> list[Notice]:
    """A command came to its end; a result that is none of ours is unknown."""
    get = event.get
    result: data.CommandResult = next((one for one in _RESULTS if one == get("Harmony-Result")), "unknown")
    told = data.CommandCompleted(
        **_about(event), result=result, said=get("Harmony-Said"), leg_id=get("Harmony-Leg") or None
    )
    return _command(event, "command.completed", told)


def acted(event: SwitchEvent) -> list[Notice]:
    """An operator did something. What is recorded of access names companies to each other: it is not published."""
    get = event.get
    action, subject = get("Harmony-Action"), get("Harmony-Subject") or None
    if not action or action.startswith(_KEPT):
        return []
    told = data.OperatorActed(
        switch=event.switch,
        caused_position=event.position,
        action=action,
        by=get("Harmony-By") or "",
        subject=subject,
        reason=get("Harmony-Reason") or None,
        details=_json(get("Harmony-Details")),
    )
    return [made(event, "operator.acted", subject or action, told, tenant=get("Harmony-Tenant") or None)]


def _command(event: SwitchEvent, kind: str, told: data.CommandRequested | data.CommandCompleted) -> list[Notice]:
    if not told.command_id:
        return []
    people = [value for name in _SUBJECTS if isinstance(value := told.arguments.get(name), str)]
    tenant = event.get("Harmony-Tenant") or None
    # Who asked for it and whose phone it called; nobody else learns who listens to him.
    theirs = [told.by, told.arguments.get("from_user")]
    users = [one for one in theirs if isinstance(one, str)]
    return [made(event, kind, told.command_id, told, tenant=tenant, parties=people, users=users, call_id=told.call_id)]


def _about(event: SwitchEvent) -> dict[str, Any]:
    get = event.get
    return {
        "switch": event.switch,
        "caused_position": event.position,
        "command_id": get("Harmony-Command") or "",
        "kind": get("Harmony-Kind") or "",
        "by": get("Harmony-By") or "",
        "call_id": get("Harmony-Call") or None,
        "arguments": _json(get("Harmony-Arguments")),
    }


def _json(value: str | None) -> dict[str, Any]:
    """A JSON object; nothing where there is none."""
    try:
        found = msgspec.json.decode(value or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
