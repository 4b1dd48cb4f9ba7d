"""A published event that no fold of calls says: about a queue, a phone, a switch, a command, a decision."""

from uuid import UUID, uuid5

import msgspec

from core.event import SwitchEvent

_NAMESPACE = UUID("2d0b5e0c-4c0f-5a55-9a43-1f2f0f3f7a21")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What one switch event says to the outside. It depends on that event alone."""

    event_id: str
    type: str
    subject: str
    tenant: str | None
    """as the event says it, None where it does not"""
    occurred_at: int
    position: int
    """of the switch event, in the switch log"""
    parties: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    """those of the parties whose it is"""
    queues: tuple[str, ...] = ()
    call_id: str | None = None
    direction: str | None = None
    """of the call, where it is about one and says so"""
    data: msgspec.Struct

    @property
    def stream(self) -> UUID:
        """The stream of the subject, apart from those of calls."""
        return stream(self.type, self.subject)


def stream(kind: str, subject: str) -> UUID:
    """The stream of a subject, of notices of a type and of those of its kind."""
    return uuid5(_NAMESPACE, f"{kind.partition('.')[0]}|{subject}")


def event_id(event: SwitchEvent, kind: str) -> str:
    """The same for the same event, wherever and however often it is folded; at most one of a kind an event."""
    core = event.get("Core-UUID") or ""
    return str(uuid5(_NAMESPACE, f"{core}|{event.sequence}|{event.stream}|{kind}"))
