"""Putting an event aside that a projection cannot digest: kept with its bytes and the reason, told, and gone past."""

import hashlib
from typing import Any, NamedTuple

from psycopg import Cursor

_PARK = """
    INSERT INTO log.parked_event (part, switch, position, code, reason, content, digest, received_at)
    SELECT %b, %b, position, %b, %b, %b, %b, stored_at FROM log.switch_event WHERE position = %b
    ON CONFLICT ON CONSTRAINT parked_event_once DO NOTHING
"""

_LONGEST_REASON = 400


class LeftOut(NamedTuple):
    """An event that was parked, and why."""

    position: int
    switch: str
    reason: str


def park(cursor: Cursor[Any], name: str, position: int, switch: str, content: bytes, error: Exception) -> LeftOut:
    """Put an event aside with the reason; `name` is the projection's."""
    kind = type(error).__name__
    reason = first_line(error)
    code = getattr(error, "code", None)
    if not isinstance(code, str):
        code, reason = (
            f"fold.{kind}",
            f"The fold failed on this event ({kind}: {reason}): report it with its bytes.",
        )
    digest = hashlib.sha256(content).digest()
    cursor.execute(_PARK, [name, _plain(switch), code, reason, content, digest, position])
    return LeftOut(position, switch, reason)


def first_line(error: Exception) -> str:
    return _plain(str(error).strip().partition("\n")[0])[:_LONGEST_REASON] or type(error).__name__


def _plain(text: str) -> str:
    """What a column takes of any text: a reason may repeat what the event says."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
