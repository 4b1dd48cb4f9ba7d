"""The order of deliveries: of one endpoint and subject, only the first that is pending is looked at.

All others are `blocked`, so that a busy subject, or an endpoint that fails, costs nobody a look. Who adds deliveries
and who ends them both lock the endpoint's row first and tell `unblock` the subjects afterwards: so none is forgotten.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection

_LOCK = "SELECT FROM hooks.endpoint WHERE endpoint_id = ANY(%s) ORDER BY endpoint_id FOR NO KEY UPDATE"
_UNBLOCK = """
    WITH touched AS (SELECT * FROM unnest(%s::uuid[], %s::text[]) AS t (endpoint_id, subject)),
    named AS (
        SELECT endpoint_id, subject FROM touched
        UNION SELECT t.endpoint_id, w.subject FROM touched t JOIN (
            SELECT d.endpoint_id, d.subject, taken FROM hooks.delivery d CROSS JOIN unnest(d.merged) AS taken
            WHERE d.state = 'pending' AND d.merged <> '{}') w ON w.endpoint_id = t.endpoint_id AND w.taken = t.subject),
    head AS (
        SELECT h.* FROM named n CROSS JOIN LATERAL (
            SELECT d.delivery_id, d.endpoint_id, d.merged FROM hooks.delivery d
            WHERE d.endpoint_id = n.endpoint_id AND d.subject = n.subject AND d.state = 'pending'
            ORDER BY d.delivery_id LIMIT 1) h)
    UPDATE hooks.delivery d SET blocked = false FROM head h
    WHERE d.delivery_id = h.delivery_id AND d.blocked AND NOT EXISTS (
        SELECT FROM unnest(h.merged) AS taken CROSS JOIN LATERAL (
            SELECT 1 FROM hooks.delivery earlier
            WHERE earlier.endpoint_id = h.endpoint_id AND earlier.subject = taken AND earlier.state = 'pending'
                AND earlier.delivery_id < h.delivery_id LIMIT 1) AS found)
"""
_BLOCKED = "SELECT DISTINCT endpoint_id, subject FROM hooks.delivery WHERE state = 'pending' AND blocked"


def lock(connection: Connection[Any], endpoints: Collection[UUID]) -> None:
    """Keep others from adding to these endpoints and from ending theirs, until the end of the transaction."""
    connection.execute(_LOCK, [list(set(endpoints))])


def unblock(connection: Connection[Any], touched: Collection[tuple[UUID, str]]) -> None:
    """Free the first delivery of each subject of which some were added or ended, and of those that waited for it."""
    pairs = sorted(set(touched))
    if pairs:
        connection.execute(_UNBLOCK, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])


def mend(connection: Connection[Any]) -> None:
    """Look at every subject that has somebody waiting: should one have been forgotten after all, it goes on."""
    with connection.transaction():
        connection.execute("SELECT FROM hooks.endpoint ORDER BY endpoint_id FOR NO KEY UPDATE")
        unblock(connection, [(row[0], row[1]) for row in connection.execute(_BLOCKED).fetchall()])
