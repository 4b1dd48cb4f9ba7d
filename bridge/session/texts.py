"""Texts to and from mod_erlang_event: it writes strings or binaries as configured, and takes only strings in places.

Nothing here knows what a text means.
"""

from __future__ import annotations

from bridge.term import String, Term


def to_switch(text: str) -> Term:
    """Return a text as an Erlang string: what every command takes (``sendmsg`` and ``sendevent`` refuse binaries)."""
    data = text.encode("utf-8", "surrogateescape")
    return String(data) if data else []


def from_switch(value: Term) -> str | None:
    """Return a reply's text: a string, a binary, or a list of bytes (over 65,535 of them); None for another term."""
    match value:
        case bytes():
            data = value
        case String():
            data = value.value
        case list():
            octets = [item for item in value if isinstance(item, int) and 0 <= item <= 255]
            if len(octets) != len(value):
                return None
            data = bytes(octets)
        case _:
            return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
