"""Which calls are in a conference room now."""

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL

from projections.query.calls import Found

_IN_ROOM = SQL("""
    SELECT c.call_id, c.tenant, c.version, convert_to(c.document::text, 'UTF8') FROM calls.call c
    WHERE c.live AND (%(tenant)s::text IS NULL OR c.tenant = %(tenant)s)
      AND EXISTS (SELECT FROM calls.segment s WHERE s.call_id = c.call_id AND s.kind = 'conference'
                  AND s.ended_at IS NULL AND s.detail ->> 'room' = %(room)s)
    ORDER BY c.started_at, c.call_id
""")


def calls_in_room(connection: Connection[Any], room: str, tenant: str | None = None) -> list[Found]:
    """The live calls with somebody in the room. Rooms of two companies may have one name."""
    with connection.cursor(binary=True) as cursor:
        return [Found(*row) for row in cursor.execute(_IN_ROOM, {"room": room, "tenant": tenant}).fetchall()]
