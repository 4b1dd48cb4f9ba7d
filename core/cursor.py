"""Cursors: where a reader of a log stands, as an opaque text that every way in gives out and takes.

A cursor names its log and the installation that the log belongs to, so that one of another log or machine is refused in
a sentence instead of being read as some position here. Readers must not look inside: the format may change.
"""

from __future__ import annotations

import base64
import binascii
from struct import Struct
from typing import Final, Literal
from uuid import UUID

from core.errors import HarmonyError

LogName = Literal["calls", "switch"]
"""calls: what was published about calls, queues, registrations, switches, commands; switch: the raw switch events"""

_VERSION: Final = 1
_FORM: Final = Struct(">BB4sQ")
_LOGS: Final[dict[LogName, int]] = {"calls": ord("c"), "switch": ord("s")}


class BadCursor(HarmonyError):
    """A text is no cursor of this log."""

    code = "cursor.bad"


def cursor(log: LogName, installation: UUID, position: int) -> str:
    """Return the cursor behind the event at a position; 0 is before the first event."""
    packed = _FORM.pack(_VERSION, _LOGS[log], installation.bytes[:4], position)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def position(log: LogName, installation: UUID, text: str) -> int:
    """Return the position that a cursor stands for; raise `BadCursor`."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if len(packed) != _FORM.size:
            raise ValueError
    except (binascii.Error, ValueError):
        raise BadCursor(f"{text[:60]!r} is no cursor: use one that an event or an answer carried.") from None
    version, kind, where, behind = _FORM.unpack(packed)
    if version != _VERSION or kind not in _LOGS.values():
        raise BadCursor(f"{text!r} is a cursor of another version of Harmony: start from a time instead.")
    if kind != _LOGS[log]:
        raise BadCursor(f"{text!r} is a cursor of the other log: {log!r} has cursors of its own.")
    if where != installation.bytes[:4]:
        raise BadCursor(f"{text!r} is a cursor of another installation: start from a time, or from the beginning.")
    return int(behind)
