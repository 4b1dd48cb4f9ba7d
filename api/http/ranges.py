"""Part of a file, as a Range header asks for it (RFC 9110, 14). Pure.

One range is answered; of several, and of what is none, nothing is made: then the whole is the answer, which the
standard allows.
"""

import re

_ONE = re.compile(r"bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):
    """The range lies behind the end."""


def part(asked: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; None for the whole. Raises `Unsatisfiable`."""
    found = _ONE.fullmatch(asked or "")
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = min(int(found[2]), size)
        if not length:
            raise Unsatisfiable
        return size - length, size
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return first, min(last, size - 1) + 1
