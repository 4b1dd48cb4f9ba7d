"""How the headers of an event are looked up: one by one, or all of them at once where many are read."""

from collections.abc import Callable, Mapping

from core.event import SwitchEvent
from core.headers import text

Get = Callable[[str], str | None]
"""the value of a header by its name; None where the event has none"""
Fields = dict[str, str]
"""the values that count, under the short names by which facts keep them"""

_PAIR = b"h\x02k\x00"
_STRING, _NIL = 107, 106


def all_headers(event: SwitchEvent) -> Get:
    """A look-up over all headers at once, for events of which many are read: several times faster than one by one.

    In string encoding each pair begins with bytes that no C string can hold (`{`, then a name with a length below
    256), so that splitting finds them all; what does not fit that shape is looked up in the usual way.
    """
    found = {part[1 : part[0] + 1]: part for part in event.term.split(_PAIR) if part}

    def get(name: str) -> str | None:
        key = name.encode()
        part = found.get(key)
        if part is None:
            return None
        at = len(key) + 1
        tag = part[at] if at < len(part) else 0
        if tag == _STRING:
            return text(part[at + 3 : at + 3 + (part[at + 1] << 8 | part[at + 2])])
        return "" if tag == _NIL else event.get(name)

    return get if len(found) > 1 else event.get


def multiple(value: str) -> list[str]:
    """The values of a variable that holds several (`ARRAY::a|:b`), or its one value."""
    return value[len("ARRAY::") :].split("|:") if value.startswith("ARRAY::") else [value]


def pick(get: Get, headers: Mapping[str, str]) -> Fields:
    """Those of some headers (short name: header) that the event has."""
    return {short: value for short, header in headers.items() if (value := get(header))}
