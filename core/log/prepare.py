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

AT_ONCE = 500
"""terms looked through together for secrets: some 500 kB, which stay in the processor's cache"""


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
    """Prepares batches."""

    def __init__(self, dtmf: str = "keep") -> None:
        self._encoder = Encoder()
        self._redactor = Redactor(dtmf)

    def _redacted(self, terms: list[bytes]) -> list[bytes]:
        if len(terms) <= AT_ONCE:
            return self._redactor.redact_all(terms)
        pieces = [terms[at : at + AT_ONCE] for at in range(0, len(terms), AT_ONCE)]
        return [term for piece in pieces for term in self._redactor.redact_all(piece)]

    def redacted(self, term: bytes) -> bytes:
        """Return one message without its secrets."""
        return self._redactor.redact_all([term])[0]

    def prepare(self, batch: Sequence[Incoming]) -> Prepared:
        """Return the batch's rows in order, and apart from them what is no event."""
        sound, identities, parked = [], [], []
        terms = self._redacted([incoming.term for incoming in batch])
        for incoming, term in zip(batch, terms, strict=True):
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
