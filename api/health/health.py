"""How everything is, read from the database: what /readyz, /metrics, the page and `harmony status` say.

A problem is something that makes what people see incomplete or late. Each has a stable code and a sentence.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from api.health.expected import Expected, not_running
from api.health.followers import followers
from api.health.problem import Problem
from api.health.reports import ghosts, notes, of_parts, why_behind
from api.health.services import SELECT, Service, service_of
from core.log.driver import translated

BEHIND = 5.0
"""Seconds for which the fold may not have moved while events wait, before that is a problem."""

FIGURES = """
SELECT (SELECT coalesce(max(position), 0) FROM log.switch_event),
       p.position, p.generation, p.updated_at,
       extract(epoch FROM clock_timestamp() - p.updated_at)::float8,
       (SELECT count(*) FROM calls.call WHERE live),
       (SELECT count(*) FROM log.parked_event WHERE state = 'waiting'), clock_timestamp()
FROM log.projection p WHERE p.name = 'calls'
"""
OLDEST_WAITING = """
SELECT extract(epoch FROM clock_timestamp() - stored_at)::float8
FROM log.switch_event WHERE position > %s ORDER BY position LIMIT 1
"""
BESIDES = """
SELECT (SELECT count(*) FROM hooks.endpoint WHERE state = 'enabled'),
       (SELECT count(*) FROM calls.call c WHERE c.live AND c.started_at < clock_timestamp() - interval '1 minute'
        AND NOT EXISTS (SELECT FROM log.imported_range r
                        WHERE c.first_position BETWEEN r.first_position AND r.last_position))
"""


class Link(msgspec.Struct, frozen=True):
    """A bridge's link to a switch, as the bridge reports it."""

    switch: str
    link: str
    """up, down, or unknown when the bridge is silent"""
    since: str | None = None
    warnings: list[str] = []
    """What the switch's settings lack, in sentences."""


class Health(msgspec.Struct, frozen=True):
    at: datetime
    head: int
    position: int
    generation: int
    updated_at: datetime
    live: int
    parked: int
    lag_seconds: float
    """Age of the oldest event that is stored and not folded; 0 when caught up."""
    services: list[Service]
    links: list[Link]
    problems: list[Problem]
    notes: list[str] = []
    """What is good to know and no trouble, in sentences."""

    @property
    def behind(self) -> int:
        return max(0, self.head - self.position)

    def document(self) -> dict[str, Any]:
        return {
            "status": "degraded" if self.problems else "ok",
            "at": self.at.astimezone(UTC).isoformat(),
            "head": self.head,
            "position": self.position,
            "behind": self.behind,
            "lag_seconds": round(self.lag_seconds, 3),
            "generation": self.generation,
            "live": self.live,
            "parked": self.parked,
            "switches": [
                {"switch": k.switch, "link": k.link, "since": k.since, "warnings": k.warnings} for k in self.links
            ],
            "services": [
                {"name": s.name, "part": s.part, "state": s.state, "host": s.host, "pid": s.pid, "age": round(s.age, 1)}
                for s in self.services
            ],
            "followers": [one.document() for one in followers(self.services) if one.standing.trouble],
            "degraded": [p.code for p in self.problems],
            "problems": [p.sentence for p in self.problems],
        }


def examine(connection: psycopg.Connection[Any], expected: Expected | None = None) -> Health:
    """Look now. ``expected``: what must run; None: whoever asks does not know."""
    with translated():
        row = connection.execute(FIGURES).fetchone()
        assert row is not None, "log.projection has a row from its migration on"
        head, position, generation, updated_at, _, live, parked, at = row
        waiting = connection.execute(OLDEST_WAITING, (position,)).fetchone() if head > position else None
        services = [service_of(r) for r in connection.execute(SELECT).fetchall()]
        endpoints, lasting = connection.execute(BESIDES).fetchone() or (0, 0)
    lag = max(0.0, float(waiting[0])) if waiting else 0.0
    links = links_of(services)
    told = problems_of(head, position, lag, services, links)
    told += ghosts(lasting, services) if head == position else []
    absent = [] if expected is None else not_running(expected, services, endpoints)
    return Health(
        at=at,
        head=head,
        position=position,
        generation=generation,
        updated_at=updated_at,
        live=live,
        parked=parked,
        lag_seconds=lag,
        services=services,
        links=links,
        problems=absent + told,
        notes=notes(services),
    )


def links_of(services: list[Service]) -> list[Link]:
    links = []
    for service in services:
        for item in service.status.get("switches", []) if service.part == "bridge" and not service.stopped else []:
            state = item.get("link", "unknown") if service.state == "running" else "unknown"
            links.append(Link(item.get("switch", "?"), state, item.get("since"), list(item.get("warnings") or [])))
    return links


def problems_of(head: int, position: int, lag: float, services: list[Service], links: list[Link]) -> list[Problem]:
    found = []
    for link in links:
        if link.link == "down":
            since = f" since {link.since}" if link.since else ""
            says = f"The link to {link.switch} is down{since}: its live calls may be out of date."
            found.append(Problem("link.down", says))
    found += of_parts(services)
    if head > position and lag > BEHIND:
        count = head - position
        if error := why_behind(services):
            says = (
                f"Calls are {count} events ({lag:.0f} s) behind the log; what makes them fails again and again: {error}"
            )
            found.append(Problem("projection.stuck", says))
        else:
            says = f"Calls are {count} events ({lag:.0f} s) behind the log: is `harmony project` running?"
            found.append(Problem("projection.behind", says))
    return found
