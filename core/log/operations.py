"""What operators did, read back from the log: the events that `core.operating` puts there, newest first."""

from __future__ import annotations

import json
from typing import Any, LiteralString

import msgspec
import psycopg

from core.headers import header, text
from core.log.codec import decoder
from core.log.driver import translated
from core.own_event import OPERATOR

# The topic stands in the text, not as a parameter, so that the index for it (0051) is used.
_LIST: LiteralString = (
    "SELECT position, (extract(epoch FROM occurred_at) * 1000000)::bigint, state FROM log.switch_event"
    " WHERE topic = 'CUSTOM harmony::operator' AND position < %s ORDER BY position DESC LIMIT %s"
)
_PAGE = 500
LAST = (1 << 63) - 1
assert OPERATOR == "harmony::operator", "the index and the query name it"


class Operation(msgspec.Struct, frozen=True):
    """One deed of an operator."""

    position: int
    at: int
    """µs since the epoch"""
    action: str
    """such as parked.skip, retention.drop, import"""
    by: str
    """the principal's name"""
    subject: str
    reason: str
    tenant: str | None
    details: dict[str, Any]


def operations(
    connection: psycopg.Connection[Any],
    before: int = LAST,
    limit: int = 100,
    action: str | None = None,
    by: str | None = None,
) -> list[Operation]:
    """Return what was done before a position, newest first. ``action`` may end in ``.*``."""
    found: list[Operation] = []
    while len(found) < limit:
        with translated(), connection.cursor(binary=True) as cursor:
            rows = cursor.execute(_LIST, (before, max(_PAGE, limit) if action or by else limit - len(found))).fetchall()
        if not rows:
            break
        for position, at, state in rows:
            before = position
            one = _operation(position, at, decoder().decode(state))
            if _is(one.action, action) and by in (None, one.by):
                found.append(one)
    return found[:limit]


def _is(action: str, wanted: str | None) -> bool:
    if wanted is None:
        return True
    return action.startswith(wanted[:-1]) if wanted.endswith(".*") else action == wanted


def _operation(position: int, at: int, term: bytes) -> Operation:
    def get(name: str) -> str:
        return text(header(term, name.encode()) or b"")

    try:
        details = json.loads(get("Harmony-Details") or "{}")
    except ValueError:
        details = {}
    return Operation(
        position=position,
        at=at,
        action=get("Harmony-Action"),
        by=get("Harmony-By"),
        subject=get("Harmony-Subject"),
        reason=get("Harmony-Reason"),
        tenant=get("Harmony-Tenant") or None,
        details=details if isinstance(details, dict) else {"details": details},
    )
