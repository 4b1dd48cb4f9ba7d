"""How everything is, read from the database: what /readyz, /metrics, the page and `harmony status` say.

A problem is something that makes what people see incomplete or late. Each has a stable code and a sentence.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from api.problem import Problem
from api.running import Expected, not_running
from api.service_status import SELECT, Service, service_of
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
    lag = max(0.0, float(waiting[0])) if waiting else 0.0
    links = links_of(services)
    absent = [] if expected is None else not_running(expected, services)
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
        problems=absent + problems_of(head, position, lag, services, links),
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
    for service in services:
        if service.state == "silent" and service.part == "bridge":
            says = f"The bridge {service.name} has not reported for {service.age:.0f} s: new events may not arrive."
            found.append(Problem("bridge.silent", says))
        if service.state == "silent" and service.part == "deliver":
            says = f"{service.name} has not reported for {service.age:.0f} s: webhooks are not sent, they wait."
            found.append(Problem("deliver.silent", says))
        if service.part == "bridge" and service.status.get("spooled"):
            says = (
                f"{service.name} holds {service.status['spooled']} events in its spool file: they follow when stored."
            )
            found.append(Problem("bridge.spool", says))
        if service.part == "bridge" and service.state == "running" and service.status.get("blocked"):
            says = f"{service.name} can put events nowhere and reads no switch: {service.status.get('trouble')}"
            found.append(Problem("bridge.blocked", says))
        if service.part == "bridge" and service.state == "running" and (says := _registry_trouble(service)):
            found.append(Problem("registry.away", says))
    if head > position and lag > BEHIND:
        says = f"Calls are {head - position} events ({lag:.0f} s) behind the log: is `harmony project` running?"
        found.append(Problem("projection.behind", says))
    return found


def _registry_trouble(service: Service) -> str:
    """Why the registry's source cannot be reached, and what the switches are answered meanwhile."""
    state = service.status.get("registry") or {}
    if not state.get("trouble"):
        return ""
    known = "what was last known" if state.get("known") else "that nothing is known: they go on with their own files"
    return f"{state['trouble']} Meanwhile switches are answered {known}."
