"""What of the switch log may be dropped: old enough, folded by every projection, and of no call that still lives.

Calls and call events stay. They can then not be told again from their events, which a rebuild respects
(`projections.rebuild`). How dropping is done stands in `core.log.retention`.
"""

import time
from typing import Any
from uuid import UUID, uuid5

import msgspec
from psycopg import Connection

from core.event import COPIES, stream_of
from core.log.driver import translated
from core.log.moment import stored_before
from projections.rebuild import NEXT, PLACE

DAY = 86_400_000_000
"""µs"""

# The row of a rebuild that was killed stands still for ever: it counts only while the place of rebuilds is held.
_READ_BY_ALL = """
    SELECT min(position) FROM log.projection
    WHERE name <> %s OR EXISTS (SELECT FROM log.place_held h WHERE h.name = %s)
"""
_LIVING = "SELECT leg FROM calls.fold_leg JOIN calls.fold_state USING (call_id) WHERE live"
_COUNT = """
    SELECT count(*) FILTER (WHERE goes), count(*) FILTER (WHERE NOT goes), coalesce(sum(bytes) FILTER (WHERE goes), 0)
    FROM (SELECT originator_id <> ALL(%(keep)s) AS goes, length(state) AS bytes
          FROM log.switch_event WHERE position <= %(upto)s) AS old
"""


class Droppable(msgspec.Struct, frozen=True):
    """What may be dropped now."""

    upto: int
    """the position up to which events are old enough, and read"""
    unread: bool
    """a projection is behind, and holds events that would be old enough"""
    keep: list[UUID]
    """the streams of calls that live"""


class Weighed(msgspec.Struct, frozen=True):
    """How much that is."""

    events: int
    bytes: int
    kept: int
    """events that stay because their call lives"""


def droppable(connection: Connection[Any], days: float, now: int | None = None) -> Droppable:
    """What is older than so many days, by the time of storing; `now` in µs since the epoch."""
    before = (time.time_ns() // 1000 if now is None else now) - int(days * DAY)
    old = stored_before(connection, before)
    with translated():
        row = connection.execute(_READ_BY_ALL, [NEXT, PLACE]).fetchone()
        read = 0 if row is None or row[0] is None else int(row[0])
        legs = [leg for (leg,) in connection.execute(_LIVING).fetchall()]
    streams = [stream_of(leg) for leg in legs]
    return Droppable(min(old, read), read < old, streams + [uuid5(one, kind) for one in streams for kind in COPIES])


def weigh(connection: Connection[Any], what: Droppable) -> Weighed:
    """Count what would go; reads all of it, so it takes a while when that is much."""
    with translated():
        row = connection.execute(_COUNT, {"keep": what.keep, "upto": what.upto}).fetchone()
    events, kept, size = row or (0, 0, 0)
    return Weighed(int(events), int(size), int(kept))
