"""Where in the switch log an instant lies. Positions follow the order of storing, so halving finds it quickly."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from core.log.driver import translated

_ENDS: LiteralString = "SELECT coalesce(min(position), 0), coalesce(max(position), 0) FROM log.switch_event"
_LOOK: LiteralString = (
    "SELECT position, (extract(epoch FROM stored_at) * 1e6)::bigint FROM log.switch_event"
    " WHERE position <= %s ORDER BY position DESC LIMIT 1"
)


def stored_before(connection: psycopg.Connection[Any], instant: int) -> int:
    """Return the last position that was stored before an instant (µs since the epoch), 0 when there is none."""
    with translated():
        row = connection.execute(_ENDS).fetchone()
        low, high = (0, 0) if row is None else (int(row[0]) - 1, int(row[1]))
        if high == 0:
            return 0
        while low < high:
            middle = (low + high + 1) // 2
            found = connection.execute(_LOOK, (middle,)).fetchone()
            if found is not None and found[1] < instant:
                low = middle
            elif found is None or found[0] <= low:
                high = low
            else:
                high = found[0] - 1
    return max(0, low)


def stored_at(connection: psycopg.Connection[Any], position: int) -> int | None:
    """Return when the last event up to a position was stored, µs since the epoch; None when there is none."""
    with translated():
        row = connection.execute(_LOOK, (position,)).fetchone()
    return None if row is None else int(row[1])
