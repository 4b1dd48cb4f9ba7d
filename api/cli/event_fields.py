"""The fields of a switch event that every command prints, and how an instant of one is written."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.event import SwitchEvent


def instant(micros: int) -> str:
    from projections.callflow.document import instant_text

    return instant_text(micros)


def short(event: "SwitchEvent") -> dict[str, Any]:
    return {
        "position": event.position,
        "topic": event.topic,
        "leg": event.leg,
        "switch": event.switch,
        "occurred_at": instant(event.occurred_at),
        "stored_at": instant(event.stored_at),
        "stream": str(event.stream),
        "version": event.version,
    }
