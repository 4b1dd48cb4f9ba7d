"""Finding, in each event that passes, the few that a session itself must look at.

This runs for every event: one regular expression over the first bytes, where FreeSWITCH puts the name of all events but
CUSTOM ones (`switch_event.c` prepends Event-Subclass to those, and none of them is wanted here).
"""

from __future__ import annotations

import re
from typing import Final

from core.headers import header

_REACH: Final = 400
_WATCHED: Final = re.compile(
    rb"h\x02(?:k\x00|m\x00\x00\x00)\x0aEvent-Name(?:k\x00|m\x00\x00\x00)."
    rb"(CHANNEL_CREATE|CHANNEL_DESTROY|CHANNEL_UUID|HEARTBEAT|TRAP|API)h",
    re.DOTALL,
)
_search = _WATCHED.search


def watched(term: bytes) -> bytes | None:
    """Return the event's name when a session must look at it, else None."""
    found = _search(term, 0, _REACH)
    if found is None:
        return None
    name = found[1]
    return name if header(term, b"Event-Name") == name else None
