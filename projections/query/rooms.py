"""Which calls are in a conference room now, and what the switch calls that room."""

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL

from core.event import stream_of
from core.headers import header, text
from core.log.codec import decoder
from core.reach import Reach
from projections.query.calls import Found
from projections.query.reach import visible

_IN_ROOM = SQL("""
    SELECT c.call_id, c.tenant, c.version, convert_to(c.document::text, 'UTF8') FROM calls.call c
    WHERE c.live AND (%(tenant)s::text IS NULL OR c.tenant = %(tenant)s) AND {}
      AND EXISTS (SELECT FROM calls.segment s WHERE s.call_id = c.call_id AND s.kind = 'conference'
                  AND s.ended_at IS NULL AND s.detail ->> 'room' = %(room)s)
    ORDER BY c.started_at, c.call_id
""")

_ENTERED = """
    SELECT state FROM log.switch_event
    WHERE originator_id = %s AND topic = 'CUSTOM conference::maintenance' ORDER BY originator_version DESC LIMIT 1
"""


def calls_in_room(
    connection: Connection[Any], room: str, tenant: str | None = None, reach: Reach | None = None
) -> list[Found]:
    """The live calls with somebody in the room. Rooms of two companies may have one name."""
    statement = _IN_ROOM.format(visible(reach))
    with connection.cursor(binary=True) as cursor:
        return [Found(*row) for row in cursor.execute(statement, {"room": room, "tenant": tenant}).fetchall()]


def name_on_switch(connection: Connection[Any], leg_id: str) -> str | None:
    """What the switch calls the room that a leg entered last (`3001-alpha.example`); None when no event tells.

    Call documents name a room without the company's domain. So this is read from the leg's own events.
    """
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(_ENTERED, (stream_of(leg_id),)).fetchone()
    name = None if row is None else header(decoder().decode(row[0]), b"Conference-Name")
    return text(name) if name else None
