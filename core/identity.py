"""What tells one event from all others: which core made it, its number, its leg, its name, its time.

Every event that is stored passes here, so this is written for speed: a few searches, and no header read that is not
needed. Other modules take these names from `core.event`.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from core.errors import MalformedEvent
from core.headers import header, keys, text
from core.numbers import LATEST
from core.terms import NIL, content, head, opening, span, walk

SEQUENCE_BITS = 40
# Legs whose id is no UUID (origination_uuid can be any text) get one derived from the text.
LEG_NAMESPACE = uuid5(NAMESPACE_URL, "https://harmony.invalid/leg")
_LONGEST_TOPIC = 255
# The switch makes some events as copies of another, with the same Event-Sequence under a new name (capture 52: every
# RECV_MESSAGE is a copy of its MESSAGE). The copies of one kind get streams of their own, or one would hide the other.
COPIES = frozenset({"RECV_MESSAGE"})

_BLOCK = 1024
"""bytes before Event-Sequence in which the switch writes what belongs to it (some 500 are usual)"""


class Identity(msgspec.Struct, frozen=True, gc=False):
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
    at = opening(term) + 4
    leg = _short(term, at) if term[at : at + 1] == b"k" else head(term, at)[0]
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
    names = _STRINGS
    end = term.rfind(names.sequence)
    if end < 0:
        names = _BINARIES
        end = term.rfind(names.sequence)
        if end < 0:
            raise _missing(term, "Event-Sequence")
    first = end - _BLOCK if end > _BLOCK else 0
    core = term.rfind(names.core, first, end)
    if core < 0 and (core := term.rfind(names.core)) < 0:
        raise _missing(term, "Core-UUID")
    time = term.rfind(names.time, first, end)
    if time < 0 and (time := term.rfind(names.time)) < 0:
        raise _missing(term, "Event-Date-Timestamp")
    name = term.rfind(names.name)
    if name < 0:
        raise _missing(term, "Event-Name")
    topic = _short(term, name + len(names.name))
    if topic == b"CUSTOM":
        topic = b"CUSTOM " + (header(term, b"Event-Subclass") or b"")
    core_uuid = _short(term, core + len(names.core))
    if not core_uuid:
        raise MalformedEvent("event.header", core, "its Core-UUID is empty")
    sequence = _number(term, end + len(names.sequence), "Event-Sequence")
    if sequence >> SEQUENCE_BITS:
        raise MalformedEvent("event.sequence", end, "its Event-Sequence does not fit into 40 bits")
    occurred_at = _number(term, time + len(names.time), "Event-Date-Timestamp")
    if occurred_at > LATEST:
        raise MalformedEvent("event.time", time, "its Event-Date-Timestamp lies beyond the year 9998")
    return Identity(
        core_uuid=text(core_uuid),
        sequence=sequence,
        leg=None if leg is None else text(leg),
        topic=_topic(topic),
        occurred_at=occurred_at,
    )


class _Names(msgspec.Struct, frozen=True):
    """How the headers that are searched begin, in one of the two encodings."""

    sequence: bytes
    core: bytes
    time: bytes
    name: bytes


_HEADERS = (b"Event-Sequence", b"Core-UUID", b"Event-Date-Timestamp", b"Event-Name")
_STRINGS, _BINARIES = (_Names(*(keys(wanted)[encoding] for wanted in _HEADERS)) for encoding in (0, 1))


def _short(term: bytes, at: int) -> bytes:
    """Return the value at ``at``, as `content` of its `span` does, only faster."""
    tag = term[at : at + 1]
    if tag == b"k" and at + 3 <= len(term):
        end = at + 3 + (term[at + 1] << 8 | term[at + 2])
        if end <= len(term):
            return term[at + 3 : end]
    elif tag == b"m":
        end = at + 5 + int.from_bytes(term[at + 1 : at + 5], "big")
        if at + 5 <= end <= len(term):
            return term[at + 5 : end]
    return content(term, span(term, at))


def _number(term: bytes, at: int, name: str) -> int:
    value = _short(term, at)
    if not value.isdigit() or len(value) > 18:
        raise MalformedEvent("event.header", at, f"its {name} is no number")
    return int(value)


@lru_cache(maxsize=4096)
def _topic(name: bytes) -> str:
    topic = text(name).rstrip(" ")
    if not topic or len(topic) > _LONGEST_TOPIC or "\0" in topic:
        raise MalformedEvent("event.name", 0, "its Event-Name is empty, too long or holds a NUL")
    return topic


def _missing(term: bytes, name: str) -> MalformedEvent:
    return MalformedEvent("event.header", len(term), f"it has no {name}")
