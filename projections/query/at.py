"""The board as it was: the calls that lived at a position of the switch log, as a subscriber saw them then.

Calls that may have lived then are looked up, and told from those of their facts that had come by then
(`projections.callflow.as_of`). Nothing is read of the switch log itself but times, so that it makes no difference
whether old events have been dropped, and a board of long ago costs no more than one of today.
"""

import functools
from typing import Any

import msgspec
from psycopg import Connection

from core.log.moment import stored_at, stored_before
from core.reach import Reach
from core.zstd import decompress
from projections.callflow.as_of import live_as_of
from projections.callflow.audience import audience
from projections.callflow.document import Call, render
from projections.callflow.fact import OWN, Fact
from projections.callflow.reading import TOPICS
from projections.query.events import position_at

_FOLDED = "SELECT position FROM log.projection WHERE name = 'calls'"
_CAUSED = "SELECT caused_position FROM log.call_event WHERE position > %s ORDER BY position LIMIT 1"
_CAUSED_LAST = "SELECT caused_position FROM log.call_event WHERE position <= %s ORDER BY position DESC LIMIT 1"
_STATES = """
    SELECT array(SELECT part FROM calls.fold_part p WHERE p.call_id = s.call_id ORDER BY n) || state
    FROM calls.fold_state s WHERE call_id IN (
        SELECT call_id FROM calls.call WHERE live AND first_position <= %(position)s
        UNION ALL
        SELECT call_id FROM calls.call WHERE NOT live
            AND int8range(least(first_position, as_of_position), as_of_position, '[]') @> %(position)s::bigint)
    ORDER BY call_id
"""
# A leg is closed when its switch's clock, as its events tell it, has passed the time for more.
_PASSED = """
    SELECT position FROM log.switch_event JOIN log.switch_run ON run = originator_version >> 40
    WHERE position > %(after)s AND position <= %(upto)s AND occurred_at >= to_timestamp(%(due)s::numeric / 1000000)
        AND switch = %(switch)s AND topic = ANY(%(topics)s) ORDER BY position LIMIT 1
"""
_TOPICS = sorted(topic for topic in TOPICS if not topic.startswith(OWN))


class Board(msgspec.Struct, frozen=True):
    """The calls that lived at a position, oldest first."""

    position: int
    instant: int | None
    """µs since the epoch: the one asked for, or when the event at the position was stored; None: not known any more"""
    calls: list[Call]

    @property
    def documents(self) -> list[bytes]:
        """As they were sent."""
        return [render(call) for call in self.calls]


def board_at(
    connection: Connection[Any], position: int, tenant: str | None = None, reach: Reach | None = None
) -> Board:
    """The board at a position of the switch log; one that is not folded yet stands for the last that is."""
    position = max(0, min(position, _folded(connection)))
    return Board(
        position, stored_at(connection, position) if position else None, _calls(connection, position, tenant, reach)
    )


def board_when(
    connection: Connection[Any], instant: int, tenant: str | None = None, reach: Reach | None = None
) -> Board:
    """The board at an instant (µs since the epoch): of what was stored and folded by then."""
    position = position_when(connection, instant)
    return Board(position, instant, _calls(connection, position, tenant, reach))


def position_when(connection: Connection[Any], instant: int) -> int:
    """The position that was folded at an instant: all that was stored, while the projection kept up.

    When something was published later that an event of then caused, it did not: then it is the position of which the
    last was published before, and what made no difference to anybody since may be missing.
    """
    position = min(stored_before(connection, instant), _folded(connection))
    published = position_at(connection, instant)
    later = connection.execute(_CAUSED, [published]).fetchone()
    if later is None or later[0] > position:
        return position
    return position_of_call_event(connection, published)


def position_of_call_event(connection: Connection[Any], position: int) -> int:
    """The position of the switch log that is told up to a position of the call log."""
    row = connection.execute(_CAUSED_LAST, [position]).fetchone()
    return 0 if row is None else int(row[0])


def _folded(connection: Connection[Any]) -> int:
    row = connection.execute(_FOLDED).fetchone()
    return 0 if row is None else int(row[0])


def _calls(connection: Connection[Any], position: int, tenant: str | None, reach: Reach | None) -> list[Call]:
    closed = functools.partial(_closed, connection, position)
    with connection.cursor(binary=True) as cursor:
        states = cursor.execute(_STATES, {"position": position}).fetchall()
    calls = [call for (state,) in states for call in live_as_of([*map(decompress, state)], position, closed)]
    mine = [call for call in calls if (tenant is None or call.tenant == tenant) and _within(call, reach)]
    return sorted(mine, key=lambda call: (call.started_at, call.call_id))


def _within(call: Call, reach: Reach | None) -> bool:
    if reach is None:
        return True
    concerned = audience(call)
    return reach.sees(concerned.users, concerned.queues)


def _closed(connection: Connection[Any], position: int, fact: Fact) -> bool:
    asked = {"after": fact.position, "upto": position, "due": fact.at, "switch": fact.switch, "topics": _TOPICS}
    return connection.execute(_PASSED, asked).fetchone() is not None
