"""The word of a decision in the log of events: an event of our own, from which it is published in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from core.decided.decision import Decision
from core.own_event import DECIDED, OwnEvents

_own: Final = OwnEvents()
_PLACE: Final = ("originator_id", "originator_version", "tenant", "by", "at")


def word(decision: Decision, subject: str, concerns: Mapping[str, object]) -> bytes:
    """The term of the event. ``subject``: what was decided on, such as a call's id; ``concerns``: whom it concerns."""
    told = {name: value for name, value in msgspec.to_builtins(decision).items() if name not in _PLACE}
    return _own.make(
        DECIDED,
        decision.at,
        Harmony_Kind=decision.topic,
        Harmony_Subject=subject,
        Harmony_Tenant=decision.tenant or "",
        Harmony_By=decision.by,
        Harmony_Details=msgspec.json.encode(told).decode(),
        Harmony_Concerns=msgspec.json.encode(concerns).decode(),
    )
