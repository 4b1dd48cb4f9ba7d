"""A request of mod_erlang_event, `{fetch,Section,Tag,Key,Value,ID,[Uuid,{Name,Value}...]}`, as a value.

With two bindings of a connection the second message carries its parameters twice behind the end of the term; whoever
decodes ignores that (shared facts: FreeSWITCH as it really behaves).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from bridge.term import Atom, String, Term

_FETCH: Final = "fetch"


class Request(msgspec.Struct, frozen=True):
    """What a switch wants to know. ``values`` are its parameters by name, the last of each."""

    section: str
    """directory, dialplan, configuration, phrases"""
    tag: str
    key: str
    value: str
    fetch_id: str
    values: Mapping[str, str] = {}

    def get(self, *names: str) -> str | None:
        """Return the first of these parameters that is there and not empty."""
        return next((value for name in names if (value := self.values.get(name))), None)


def request(message: Term) -> Request | None:
    """Return the request that a message is, None when it is none."""
    match message:
        case (Atom() as kind, Atom() as section, tag, key, value, fetch_id, list() as parameters) if kind == _FETCH:
            texts = [text(item) for item in (tag, key, value, fetch_id)]
            if None in texts:
                return None
            values = {}
            for pair in parameters:
                match pair:
                    case (name, content) if (known := text(name)) is not None:
                        values[known] = text(content) or ""
            asked = [one or "" for one in texts]
            return Request(str(section), asked[0], asked[1], asked[2], asked[3], values)
    return None


def text(term: Term) -> str | None:
    """Return the text of a string, binary or atom of the switch; None for anything else."""
    match term:
        case Atom():
            return str(term)
        case String(value):
            return value.decode("utf-8", "replace")
        case bytes():
            return term.decode("utf-8", "replace")
        case []:
            return ""
    return None
