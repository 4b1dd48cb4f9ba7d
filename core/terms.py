"""The shape of an event message in Erlang's external term format, walked header by header without building terms.

Shared by `core.headers` and `core.redaction`. Only this one shape is known here:
``131 {event, [Uuid | undefined, {Name, Value}, ..., {"body", Body}]}``; the general codec belongs to the bridge.
Names and values are STRING_EXT, NIL, a list of small integers (strings over 65,535 bytes), or BINARY_EXT.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.errors import MalformedEvent

STRING, BINARY, NIL, LIST, SMALL_TUPLE = 107, 109, 106, 108, 104
_SMALL_INTEGER, _INTEGER = 97, 98

# {event, [ in the four ways to write an atom; ATOM_EXT is what libei sends.
_OPENINGS = (b"\x83h\x02d\x00\x05eventl", b"\x83h\x02w\x05eventl", b"\x83h\x02s\x05eventl", b"\x83h\x02v\x00\x05eventl")
_SHORT_ATOMS, _LONG_ATOMS = b"sw", b"dv"


class Span(NamedTuple):
    """Where a name or value lies: its tag, the bytes ``start:end`` of its content, and where the next term begins."""

    tag: int
    start: int
    end: int
    after: int


def is_event(term: bytes) -> bool:
    """Say whether a message looks like an event at all (replies such as ``ok`` and ``{bgok, ..}`` do not)."""
    return term.startswith(_OPENINGS)


def opening(term: bytes) -> int:
    """Return the offset of the list's 4-byte length; raise `MalformedEvent` when this is not ``{event, [``."""
    if term.startswith(_OPENINGS[0]):
        return 12
    if term.startswith(_OPENINGS):
        return 12 if term[3] in _LONG_ATOMS else 11
    raise MalformedEvent("event.foreign", 0, "it does not begin with {event, [")


def span(term: bytes, at: int) -> Span:
    """Measure the string, binary, NIL or list of integers at ``at``."""
    size = len(term)
    if at >= size:
        raise MalformedEvent("event.truncated", size, "it ends in the middle of a header")
    tag = term[at]
    if tag == STRING and at + 3 <= size:
        start = at + 3
        end = start + (term[at + 1] << 8 | term[at + 2])
    elif tag == STRING:
        start = end = at + 3
    elif tag == BINARY:
        start = at + 5
        end = start + int.from_bytes(term[at + 1 : start], "big")
    elif tag == NIL:
        return Span(tag, at + 1, at + 1, at + 1)
    elif tag == LIST:
        return _list_span(term, at)
    else:
        raise MalformedEvent("event.tag", at, f"a string was expected, not a term with tag {tag}")
    if start > size or end > size:
        raise MalformedEvent("event.truncated", size, "a header is longer than the message")
    return Span(tag, start, end, end)


def _list_span(term: bytes, at: int) -> Span:
    """Measure a list of small integers: 2 bytes an element (97, value), then NIL."""
    start = at + 5
    end = start + 2 * int.from_bytes(term[at + 1 : start], "big")
    if start > len(term) or end >= len(term):
        raise MalformedEvent("event.truncated", len(term), "a list is longer than the message")
    tags = term[start:end:2]
    if tags.count(_SMALL_INTEGER) != len(tags):
        raise MalformedEvent("event.tag", start, "a list holds something other than bytes")
    if term[end] != NIL:
        raise MalformedEvent("event.tag", end, "a list has an improper tail")
    return Span(LIST, start, end, end + 1)


def content(term: bytes, where: Span) -> bytes:
    """Return the bytes that a span covers."""
    if where.tag == LIST:
        return term[where.start + 1 : where.end : 2]
    return term[where.start : where.end]


def head(term: bytes, at: int) -> tuple[bytes | None, int]:
    """Read the list's first element at ``at``, the leg or ``undefined``; return it and where the headers begin."""
    tag = term[at : at + 1]
    if tag and tag in _SHORT_ATOMS:
        after = at + 2 + int.from_bytes(term[at + 1 : at + 2], "big")
    elif tag and tag in _LONG_ATOMS:
        after = at + 3 + int.from_bytes(term[at + 1 : at + 3], "big")
    else:
        where = span(term, at)
        return content(term, where), where.after
    if after > len(term):
        raise MalformedEvent("event.truncated", len(term), "it ends in the middle of its first element")
    return None, after


def walk(term: bytes) -> Iterator[tuple[Span, Span]]:
    """Yield the spans of every name and value, in order; raise `MalformedEvent` at the first thing that is wrong."""
    at = opening(term)
    count = int.from_bytes(term[at : at + 4], "big")
    if count == 0:
        raise MalformedEvent("event.tag", at, "its list is empty")
    _, at = head(term, at + 4)
    for _ in range(count - 1):
        if term[at : at + 2] != b"h\x02":
            code = "event.truncated" if at + 2 > len(term) else "event.tag"
            raise MalformedEvent(code, at, "a {Name, Value} was expected")
        name = span(term, at + 2)
        value = span(term, name.after)
        at = value.after
        yield name, value
    if term[at : at + 1] != b"j":
        code = "event.truncated" if at >= len(term) else "event.tag"
        raise MalformedEvent(code, at, "its list does not end where it should")
