"""The tags that stand on calls, so that whoever writes one is offered those that there are. From the call log."""

from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL

from core.reach import Reach
from projections.published.filter import EventFilter
from projections.query.events import conditions

NEWEST = 2000
"""decisions on tags that are looked through: what nobody used for longer is not offered"""


class KnownTag(msgspec.Struct, frozen=True):
    """A tag that stands on calls."""

    tag: str
    calls: int
    """on how many, of those that were tagged last"""


class _Data(msgspec.Struct, frozen=True):
    change: str
    tag: str


class _Stored(msgspec.Struct, frozen=True):
    data: _Data


_stored = msgspec.json.Decoder(_Stored).decode


def known_tags(connection: Connection[Any], tenant: str | None, reach: Reach | None) -> list[KnownTag]:
    """The tags of the calls that a reader may see, the one that was used last first. ``tenant`` None: of all."""
    where, values = conditions(EventFilter(tenant=tenant, reach=reach))
    asked = SQL(" AND ").join([SQL("topic = 'call.tagged'"), *where])
    query = SQL("SELECT call_id, state FROM log.call_event WHERE {} ORDER BY position DESC LIMIT %s").format(asked)
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query, [*values, NEWEST]).fetchall()
    stands: dict[tuple[str, str], bool] = {}
    for call_id, state in rows:
        data = _stored(state).data
        stands.setdefault((data.tag, call_id), data.change != "removed")
    counted: dict[str, int] = {}
    for (tag, _), there in stands.items():
        if there:
            counted[tag] = counted.get(tag, 0) + 1
    return [KnownTag(tag, calls) for tag, calls in counted.items()]
