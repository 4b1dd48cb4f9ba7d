"""What a switch event is: a value with an identity, a place in the log, and the bytes as they came.

No database and no decoding here; how the identity is found in the bytes is `core.identity`'s concern.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from core.headers import header, text
from core.identity import COPIES, LEG_NAMESPACE, SEQUENCE_BITS, Identity, identify, leg_of, stream_of

__all__ = [
    "COPIES",
    "LEG_NAMESPACE",
    "SEQUENCE_BITS",
    "Identity",
    "SwitchEvent",
    "identify",
    "leg_of",
    "stream_of",
    "version_of",
]


class SwitchEvent(msgspec.Struct, frozen=True):
    """One event as it stands in the log."""

    position: int
    stream: UUID
    version: int
    topic: str
    occurred_at: int
    """µs since the epoch, by the switch's clock"""
    stored_at: int
    """µs since the epoch, by the database's clock"""
    switch: str
    """the switch's node name, e.g. freeswitch@pbx1"""
    term: bytes
    """the message as it came, redacted: 131, then {event, [...]}"""

    def get(self, name: str) -> str | None:
        """Return the (last) header of this name as text, or None."""
        value = header(self.term, name.encode())
        return None if value is None else text(value)

    @property
    def leg(self) -> str | None:
        """The leg's Unique-ID as text, None for an event without a leg."""
        leg = leg_of(self.term)
        return None if leg is None else text(leg)

    @property
    def originator_id(self) -> UUID:
        """The stream, by the eventsourcing library's name."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The version, by the eventsourcing library's name."""
        return self.version

    @property
    def run(self) -> int:
        """The number of the switch core's life that made the event."""
        return self.version >> SEQUENCE_BITS

    @property
    def sequence(self) -> int:
        """The switch core's Event-Sequence."""
        return self.version & ((1 << SEQUENCE_BITS) - 1)


def version_of(run: int, sequence: int) -> int:
    """Return the event's version in its stream."""
    return run << SEQUENCE_BITS | sequence
