"""How everything is, in full: every projection, every switch and every part, as `harmony status` and /v1/status say it.

What is wrong is judged in `api.health`; this adds the figures of each thing, from what the parts report of themselves.
A part that is silent or stopped has no figures of now: its rates are not told.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from api.health.expected import Expected
from api.health.followers import followers
from api.health.health import Health, examine
from api.health.services import Service
from api.operations.losses import LossAccount, LostBySwitch, account
from core.log.driver import translated

PROJECTIONS = """
SELECT p.name, p.position, p.generation, p.updated_at,
       (SELECT greatest(0, extract(epoch FROM clock_timestamp() - e.stored_at))::float8 FROM log.switch_event e
        WHERE e.position > p.position ORDER BY e.position LIMIT 1),
       (SELECT count(*) FROM log.parked_event k WHERE k.part = p.name AND k.state = 'waiting')
FROM log.projection p ORDER BY p.name
"""
LOG = """
SELECT coalesce((SELECT min(position) FROM log.switch_event), 0),
       (SELECT max(stored_at) FROM (SELECT stored_at FROM log.switch_event ORDER BY position DESC LIMIT 1) AS newest),
       (SELECT count(*) FROM log.parked_event WHERE part = 'log' AND state = 'waiting'),
       (SELECT id FROM log.installation)
"""
COMMANDS = "SELECT kind, result, count(*) FROM log.command WHERE result IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
_LOST = ("gaps", "overflows", "missing", "malformed", "forged")
_SAID_ELSEWHERE = {"switches", "trouble", "last_error", "last_error_at", "node", "followers"}


class ProjectionStatus(msgspec.Struct, frozen=True):
    name: str
    state: str
    """running, silent, stopped; or absent: nobody folds it"""
    position: int
    head: int
    behind: int
    """events stored and not folded"""
    lag_seconds: float
    """age of the oldest of them"""
    events_per_second: float | None
    parked: int
    """events that it could not use, and that nobody has decided upon"""
    last_error: str | None
    last_error_at: str | None
    generation: int
    updated_at: datetime


class SwitchStatus(msgspec.Struct, frozen=True):
    switch: str
    bridge: str
    link: str
    """up, down, or unknown when the bridge is silent"""
    since: str | None
    silent_seconds: float | None
    """since anything at all came from it, ticks included"""
    events: int
    """since the bridge was started, as everything below"""
    events_per_second: float | None
    legs: int
    links_lost: int
    gaps: int
    """times that events were proven to be missing while the link stood"""
    overflows: int
    """times that the switch said its queue was full"""
    missing: int
    """events that the switch said it dropped"""
    malformed: int
    """messages that could not be read, and are parked"""
    forged: int
    """messages in its name that came over another node's link, and were dropped"""
    pauses: int
    """times that reading from it was paused, for the database and the disk were too slow"""
    trouble: str | None
    warnings: list[str]
    version: str | None = None
    """of its FreeSWITCH"""
    supplied: bool = False
    """something to read is kept waiting there, without which a FreeSWITCH before 1.11.1 closes the link"""
    lost_intervals: int = 0
    """times in which events of the switch were lost, over all bridges and all their lives, as the log tells it"""
    lost_seconds: float = 0.0
    """how long these were together"""
    lost_events: int = 0
    """how many events and begins of legs are known to be missing for it"""

    @property
    def lost(self) -> bool:
        return self.lost_intervals > 0


class PartStatus(msgspec.Struct, frozen=True):
    name: str
    part: str
    state: str
    host: str
    pid: int
    started_at: datetime
    age: float
    """seconds since it last reported"""
    trouble: str | None
    figures: dict[str, Any]
    followers: list[dict[str, Any]] = []
    """how each of what it follows fares: in trouble or not, since when, why, how often"""


class Status(msgspec.Struct, frozen=True):
    health: Health
    installation: str
    oldest: int
    """the first position that is still kept"""
    newest_at: datetime | None
    parked_by_log: int
    projections: list[ProjectionStatus]
    switches: list[SwitchStatus]
    parts: list[PartStatus]
    commands: list[tuple[str, str, int]] = []
    """kind, result, and how many commands came out so"""
    losses: LossAccount = LossAccount([])

    def document(self) -> dict[str, Any]:
        """For programs: what /readyz says, and every thing's figures."""
        newest = self.newest_at
        return self.health.document() | {
            "log": {
                "installation": self.installation,
                "oldest": self.oldest,
                "position": self.health.head,
                "newest_at": None if newest is None else newest.astimezone(UTC).isoformat(),
                "parked": self.parked_by_log,
            },
            "projections": [_plain(one) for one in self.projections],
            "switches": [_plain(one) for one in self.switches],
            "services": [_plain(one) for one in self.parts],
            "losses": self.losses.document(),
        }


def _plain(one: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one, builtin_types=(datetime,))
    return {k: v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for k, v in found.items()}


def look(connection: psycopg.Connection[Any], expected: Expected | None = None) -> Status:
    """Look now, also for what must run and does not; raises `LogAway`, `LogNotReady`."""
    health = examine(connection, expected)
    with translated():
        rows = connection.execute(PROJECTIONS).fetchall()
        log = connection.execute(LOG).fetchone()
        commands = connection.execute(COMMANDS).fetchall()
    assert log is not None, "a SELECT without FROM has one row"
    oldest, newest_at, parked, installation = log
    losses = account(connection, health.services, health.at)
    lost = losses.by_switch()
    by_name = {service.name: service for service in health.services}
    return Status(
        health=health,
        installation=str(installation),
        oldest=oldest,
        newest_at=newest_at,
        parked_by_log=parked,
        projections=[_projection(row, health.head, by_name.get(f"projection {row[0]}")) for row in rows],
        switches=[switch for service in health.services for switch in _switches(service, lost)],
        parts=[_part(service) for service in health.services],
        commands=commands,
        losses=losses,
    )


def _projection(row: tuple[Any, ...], head: int, service: Service | None) -> ProjectionStatus:
    name, position, generation, updated_at, lag, parked = row
    said: dict[str, Any] = {} if service is None else service.status
    running = service is not None and service.state == "running"
    return ProjectionStatus(
        name=name,
        state="absent" if service is None else service.state,
        position=position,
        head=head,
        behind=max(0, head - position),
        lag_seconds=round(lag or 0.0, 3),
        events_per_second=said.get("events_per_second") if running else None,
        parked=parked,
        last_error=said.get("last_error"),
        last_error_at=said.get("last_error_at"),
        generation=generation,
        updated_at=updated_at,
    )


def _switches(service: Service, lost: Mapping[str, LostBySwitch]) -> list[SwitchStatus]:
    if service.part != "bridge" or service.stopped:
        return []
    running = service.state == "running"
    found = []
    for item in service.status.get("switches", []):
        up = item.get("link") == "up"
        links = int(item.get("links", 0))
        of = lost.get(item.get("switch", "?"))
        found.append(
            SwitchStatus(
                switch=item.get("switch", "?"),
                bridge=service.name,
                link=item.get("link", "unknown") if running else "unknown",
                since=item.get("since"),
                silent_seconds=item.get("silent") if running else None,
                events=item.get("events", 0),
                events_per_second=item.get("events_per_second") if running else None,
                legs=item.get("legs", 0),
                links_lost=max(0, links - 1 if up else links),
                **{name: item.get(name, 0) for name in _LOST},
                pauses=item.get("pauses", 0),
                trouble=item.get("trouble") or None,
                warnings=list(item.get("warnings") or []),
                version=item.get("version"),
                supplied=bool(item.get("supplied")),
                lost_intervals=of.intervals if of else 0,
                lost_seconds=of.seconds if of else 0.0,
                lost_events=of.events if of else 0,
            )
        )
    return found


def _part(service: Service) -> PartStatus:
    return PartStatus(
        name=service.name,
        part=service.part,
        state=service.state,
        host=service.host,
        pid=service.pid,
        started_at=service.started_at,
        age=round(service.age, 1),
        trouble=service.status.get("trouble") or service.status.get("last_error"),
        followers=[one.document() for one in followers([service])],
        figures={name: value for name, value in service.status.items() if name not in _SAID_ELSEWHERE},
    )
