"""Finding the few headers that the hot path needs in an event's bytes, without decoding the rest.

``header`` searches backwards for the encoded name (so the last occurrence counts, as it must: PRIVATE_COMMAND carries
two blocks). The encoded name holds NUL bytes, which no value made from a C string can hold: no value can look like one.
"""

from __future__ import annotations

from functools import lru_cache

from core.errors import MalformedEvent
from core.redaction import redact
from core.terms import content, is_event, span, walk

__all__ = ["MalformedEvent", "header", "headers", "is_event", "redact", "text"]


@lru_cache(maxsize=4096)
def keys(name: bytes) -> tuple[bytes, bytes]:
    """Return how a pair of this name begins in both encodings: ``{"Name",`` and ``{<<"Name">>,``."""
    return (b"h\x02k%b%b" % (len(name).to_bytes(2, "big"), name), b"h\x02m%b%b" % (len(name).to_bytes(4, "big"), name))


def header(term: bytes, name: bytes) -> bytes | None:
    """Return the value of the last header of this name, or None; raise `MalformedEvent` when its value is broken."""
    string, binary = keys(name)
    at = term.rfind(string)
    if at >= 0:
        return content(term, span(term, at + len(string)))
    at = term.rfind(binary)
    if at >= 0:
        return content(term, span(term, at + len(binary)))
    return None


def headers(term: bytes) -> dict[bytes, bytes]:
    """Return all headers (the body under ``body``), the last of each name; raise `MalformedEvent` with the offset."""
    return {content(term, name): content(term, value) for name, value in walk(term)}


def text(value: bytes) -> str:
    """Return a header's bytes as text: UTF-8 where they are, else latin-1 (FreeSWITCH passes both raw)."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
