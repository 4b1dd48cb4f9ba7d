"""From a message as received to a row ready to store: redacted, identified, compressed. No database here.

What is no event is prepared for parking instead, with the reason: one bad message never stops the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from core.errors import MalformedEvent
from core.event import identify
from core.log.codec import Encoder
from core.redaction import Redactor


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """One message of a switch, as received."""

    switch: str
    """the switch's node name"""
    term: bytes
    received_at: int
    """µs since the epoch, by our clock"""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event ready to store; its version is missing yet, for only the database knows the number of the run."""

    core_uuid: str
    sequence: int
    switch: str
    stream: bytes
    topic: str
    occurred_at: int
    state: bytes


class Parked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message that is no event: its bytes, and why."""

    switch: str
    received_at: int
    code: str
    reason: str
    offset: int
    content: bytes

    @property
    def digest(self) -> bytes:
        """What makes parking the same bytes twice one row."""
        return hashlib.sha256(self.content).digest()


class Prepared(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch ready to store, in order."""

    rows: list[Row]
    parked: list[Parked]

    def __len__(self) -> int:
        return len(self.rows) + len(self.parked)


class Preparer:
    """Prepares batches. One object a thread (its compressor is not safe to share)."""

    def __init__(self, dtmf: str = "keep") -> None:
        self._encoder = Encoder()
        self._redact = Redactor(dtmf=dtmf).redact

    def prepare(self, batch: Sequence[Incoming]) -> Prepared:
        """Return the batch's rows in order, and apart from them what is no event."""
        sound, identities, parked = [], [], []
        for incoming in batch:
            term = self._redact(incoming.term)
            try:
                identities.append(identify(term))
            except MalformedEvent as error:
                parked.append(Parked(incoming.switch, incoming.received_at, error.code, str(error), error.offset, term))
                continue
            sound.append((incoming.switch, term))
        states = self._encoder.encode_all([term for _, term in sound])
        rows = [
            Row(who.core_uuid, who.sequence, switch, who.stream.bytes, who.topic, who.occurred_at, state)
            for (switch, _), who, state in zip(sound, identities, states, strict=True)
        ]
        return Prepared(rows, parked)
