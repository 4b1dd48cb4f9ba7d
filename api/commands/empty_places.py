"""Where a call goes that is parked, or becomes a conference, when nobody says where: to what is empty in its company.

From the registry (which places and rooms there are) and the live calls (which are taken). Two who ask within the same
moment can get the same one, and meet there: whoever cannot have that says where.
"""

from typing import Any

import msgspec
from psycopg import Connection

from api.commands.bodies import ConferenceBody, OfCall, ParkBody
from core.registry.snapshot import Registry

_TAKEN = """
    SELECT s.detail ->> %(name)s FROM calls.segment s JOIN calls.call c USING (call_id)
    WHERE c.live AND c.tenant = %(tenant)s AND s.kind = %(kind)s AND s.ended_at IS NULL
"""


def placed(connection: Connection[Any], registry: Registry, tenant: str | None, body: OfCall) -> OfCall:
    """The command with a place in it, where it says none and the company has one that is empty."""
    company = registry.companies.get(tenant or "")
    if company is None:
        return body
    match body:
        case ParkBody(lot=None):
            places = [number for lot in company.parks for number in lot.numbers]
            found = _empty(connection, company.domain, "park", "lot", places)
            return msgspec.structs.replace(body, lot=found)
        case ConferenceBody(room=None):
            rooms = sorted(number for number, room in company.conferences.items() if not room.pin)
            found = _empty(connection, company.domain, "conference", "room", rooms)
            return msgspec.structs.replace(body, room=found)
        case _:
            return body


def _empty(connection: Connection[Any], tenant: str, kind: str, name: str, places: list[str]) -> str | None:
    taken = {row[0] for row in connection.execute(_TAKEN, {"tenant": tenant, "kind": kind, "name": name}).fetchall()}
    return next((place for place in places if place not in taken), None)
