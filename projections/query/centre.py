"""The call centre now: who waits in which queue, and what each agent does."""

from __future__ import annotations

from typing import Any

import msgspec
from psycopg import Connection

from core.reach import Reach
from projections.callflow.document import instant_text

_WAITING = """
    SELECT s.queue, s.tenant, s.call_id, s.party, (extract(epoch FROM s.entered_at) * 1000000)::bigint, s.offers
    FROM calls.stay s JOIN calls.call c USING (call_id)
    WHERE s.left_at IS NULL AND c.live AND (%(tenant)s::text IS NULL OR s.tenant = %(tenant)s)
        AND (%(queues)s::text[] IS NULL OR s.queue || '@' || s.tenant = ANY(%(queues)s::text[]))
    ORDER BY s.tenant, s.queue, s.entered_at, s.call_id
"""
_AGENTS = """
    SELECT agent, tenant, switch, status, state, (extract(epoch FROM started_at) * 1000000)::bigint, queue, leg
    FROM centre.agent_state
    WHERE ended_at IS NULL AND (%(tenant)s::text IS NULL OR tenant = %(tenant)s)
        AND (%(users)s::text[] IS NULL OR agent = ANY(%(users)s::text[]))
    ORDER BY tenant, agent, switch
"""


class Waiting(msgspec.Struct, frozen=True):
    """Somebody who waits in a queue."""

    queue: str
    tenant: str | None
    call_id: str
    party: str | None
    since: str
    offers: int
    """phones that were rung for him so far"""


class AgentNow(msgspec.Struct, frozen=True):
    """What an agent does, at one switch."""

    agent: str
    """with domain, as the queues of the switch name him: 1003@alpha.example"""
    tenant: str | None
    switch: str
    status: str | None
    """what he set: Available, Available (On Demand), On Break, Logged Out; null: not told yet"""
    state: str | None
    """what the queues do with him: Waiting, Receiving, In a queue call, Idle, Reserved; null: not told yet"""
    since: str
    queue: str | None
    """whose caller is offered to him, or talks with him"""
    leg_id: str | None
    """that caller's leg"""


def waiting(connection: Connection[Any], tenant: str | None, reach: Reach | None = None) -> list[Waiting]:
    """Who waits, by queue, the longest first."""
    values = {"tenant": tenant, "queues": None if reach is None else list(reach.queues)}
    rows = connection.execute(_WAITING, values).fetchall()
    return [Waiting(queue, of, call, party, instant_text(at), offers) for queue, of, call, party, at, offers in rows]


def agents(connection: Connection[Any], tenant: str | None, reach: Reach | None = None) -> list[AgentNow]:
    """All agents that were told of, by name."""
    values = {"tenant": tenant, "users": None if reach is None else list(reach.users)}
    rows = connection.execute(_AGENTS, values).fetchall()
    return [
        AgentNow(agent, of, switch, status, state, instant_text(at), queue, leg)
        for agent, of, switch, status, state, at, queue, leg in rows
    ]
