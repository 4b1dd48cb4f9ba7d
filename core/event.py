"""What a switch event is: a value with an identity, a place in the log, and the bytes as they came.

No database and no decoding here beyond the headers that make the identity.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from core.errors import MalformedEvent
from core.headers import header, keys, text
from core.terms import NIL, content, head, opening, span, walk

SEQUENCE_BITS = 40
# Legs whose id is no UUID (origination_uuid can be any text) get one derived from the text.
LEG_NAMESPACE = uuid5(NAMESPACE_URL, "https://harmony.invalid/leg")
_LONGEST_TOPIC = 255
# The switch makes some events as copies of another, with the same Event-Sequence under a new name (capture 52: every
# RECV_MESSAGE is a copy of its MESSAGE). The copies of one kind get streams of their own, or one would hide the other.
COPIES = frozenset({"RECV_MESSAGE"})


class Identity(msgspec.Struct, frozen=True):
    """What tells one event from all others, and where it belongs."""

    core_uuid: str
    sequence: int
    leg: str | None
    topic: str
    occurred_at: int
    """µs since the epoch, by the switch's clock"""

    @property
    def stream(self) -> UUID:
        """The stream that the event belongs to: its leg's, or its switch core's (or that of a kind of copies)."""
        stream = stream_of(self.leg if self.leg is not None else self.core_uuid)
        return uuid5(stream, self.topic) if self.topic in COPIES else stream


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


@lru_cache(maxsize=65_536)
def stream_of(leg: str) -> UUID:
    """Return a leg's stream: its id where that is a UUID in the usual spelling, else one derived from the text."""
    if len(leg) == 36:
        try:
            stream = UUID(leg)
        except ValueError:
            return uuid5(LEG_NAMESPACE, leg)
        if str(stream) == leg:
            return stream
    return uuid5(LEG_NAMESPACE, leg)


def leg_of(term: bytes) -> bytes | None:
    """Return the bytes of the event's leg id: the list's first element, the switch's own reading of Unique-ID."""
    leg, _ = head(term, opening(term) + 4)
    return leg or header(term, b"Unique-ID") or None


def identify(term: bytes) -> Identity:
    """Find an event's identity; raise `MalformedEvent` when the bytes are no event or lack what makes one.

    Core-UUID and time are looked for just before the last Event-Sequence: FreeSWITCH writes all of them in one go
    (switch_event.c, switch_event_prep_for_delivery_detailed). Event-Name may stand apart, and CUSTOM's subclass does.
    """
    leg = leg_of(term)
    if term[-1] != NIL:
        for _ in walk(term):
            pass  # stray bytes may follow a sound term; anything else is refused here with its offset
    string = True
    end = term.rfind(_SEQUENCE[0])
    if end < 0:
        string = False
        end = term.rfind(_SEQUENCE[1])
        if end < 0:
            raise _missing(term, b"Event-Sequence")
    sequence = _number(term, end + len(_SEQUENCE[not string]), b"Event-Sequence")
    if sequence >> SEQUENCE_BITS:
        raise MalformedEvent("event.sequence", end, "its Event-Sequence does not fit into 40 bits")
    return Identity(
        core_uuid=text(_value(term, _before(term, _CORE, string, end, b"Core-UUID"))),
        sequence=sequence,
        leg=None if leg is None else text(leg),
        topic=_topic_of(term),
        occurred_at=_number(term, _before(term, _TIME, string, end, b"Event-Date-Timestamp"), b"Event-Date-Timestamp"),
    )


_SEQUENCE, _CORE, _TIME = keys(b"Event-Sequence"), keys(b"Core-UUID"), keys(b"Event-Date-Timestamp")
_BLOCK = 1024
"""bytes before Event-Sequence in which the switch writes what belongs to it (some 500 are usual)"""


def _before(term: bytes, key: tuple[bytes, bytes], string: bool, end: int, name: bytes) -> int:
    """Return where the value of a header of the last block begins."""
    wanted = key[not string]
    at = term.rfind(wanted, max(0, end - _BLOCK), end)
    if at < 0:
        at = term.rfind(wanted)
        if at < 0:
            raise _missing(term, name)
    return at + len(wanted)


def _value(term: bytes, at: int) -> bytes:
    value = content(term, span(term, at))
    if not value:
        raise MalformedEvent("event.header", at, "a header that makes its identity is empty")
    return value


def _number(term: bytes, at: int, name: bytes) -> int:
    value = _value(term, at)
    if not value.isdigit() or len(value) > 18:
        raise MalformedEvent("event.header", at, f"its {name.decode()} is no number")
    return int(value)


def _topic_of(term: bytes) -> str:
    name = header(term, b"Event-Name")
    if not name:
        raise _missing(term, b"Event-Name")
    return _topic(b"CUSTOM " + (header(term, b"Event-Subclass") or b"") if name == b"CUSTOM" else name)


@lru_cache(maxsize=4096)
def _topic(name: bytes) -> str:
    topic = text(name).rstrip(" ")
    if not topic or len(topic) > _LONGEST_TOPIC or "\0" in topic:
        raise MalformedEvent("event.name", 0, "its Event-Name is empty, too long or holds a NUL")
    return topic


def _missing(term: bytes, name: bytes) -> MalformedEvent:
    return MalformedEvent("event.header", len(term), f"it has no {name.decode()}")
