"""Writing an event as mod_erlang_event does, with strings or with binaries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_LONGEST_STRING: Final = 0xFFFF
_UNDEFINED: Final = b"d\x00\x09undefined"


def write_event(leg: bytes | None, headers: Iterable[tuple[bytes, bytes]], binary: bool = False) -> bytes:
    """Return the message ``{event, [Leg | undefined, {Name, Value}, ...]}``, 131 in front."""
    write = write_binary if binary else write_string
    parts = [b"h\x02%b%b" % (write(name), write(value)) for name, value in headers]
    first = _UNDEFINED if leg is None else write(leg)
    return b"\x83h\x02d\x00\x05eventl%b%b%bj" % ((len(parts) + 1).to_bytes(4, "big"), first, b"".join(parts))


def write_string(text: bytes) -> bytes:
    """Return an Erlang string: the empty one is the empty list, one over 65,535 bytes a list of integers."""
    if not text:
        return b"j"
    if len(text) <= _LONGEST_STRING:
        return b"k%b%b" % (len(text).to_bytes(2, "big"), text)
    return b"l%b%bj" % (len(text).to_bytes(4, "big"), b"".join(b"a%c" % octet for octet in text))


def write_binary(text: bytes) -> bytes:
    """Return a binary."""
    return b"m%b%b" % (len(text).to_bytes(4, "big"), text)
