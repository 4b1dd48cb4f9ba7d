"""What was lost, and when, as the log itself tells it: it outlives the processes that noticed.

By switch, over all bridges. The newest `LOOKED_AT` of what the log tells are read; `harmony events verify` reads all.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg

from api.health.services import Service
from core.event import SwitchEvent
from core.log.driver import translated
from core.log.eventlog import losses as told
from projections.verify import Heard, Loss, Losses

LOOKED_AT = 20_000
LISTED = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999 = 253_370_764_800_000_000


class Lost(msgspec.Struct, frozen=True):
    """One time in which events of a switch were lost."""

    kind: str
    """link (no bridge listened), gap (proven while a link stood), overflow (dropped by the switch), spool"""
    switch: str
    since: datetime
    until: datetime | None
    """None: it goes on"""
    seconds: float
    events: int | None
    """how many events (overflow) or begins of legs (gap), where that is known"""
    bridge: str


class LostBySwitch(msgspec.Struct, frozen=True):
    switch: str
    intervals: int
    seconds: float
    events: int
    newest: Lost


class LossAccount(msgspec.Struct, frozen=True):
    """All that the log tells of losses."""

    all: list[Lost]
    """oldest first"""

    def by_switch(self) -> dict[str, LostBySwitch]:
        found: dict[str, list[Lost]] = {}
        for one in self.all:
            found.setdefault(one.switch, []).append(one)
        return {switch: _summed(switch, losses) for switch, losses in found.items()}

    def document(self) -> dict[str, Any]:
        """For programs: how many, and the newest with their intervals."""
        newest = [
            {
                "kind": one.kind,
                "switch": one.switch,
                "since": _text(one.since),
                "until": None if one.until is None else _text(one.until),
                "seconds": one.seconds,
                "events": one.events,
                "bridge": one.bridge or None,
            }
            for one in self.all[-LISTED:]
        ]
        return {"count": len(self.all), "newest": newest}


def account(connection: psycopg.Connection[Any], services: Iterable[Service], now: datetime) -> LossAccount:
    """Read what the log tells, and weigh it with what the bridges report of themselves."""
    with translated():
        events = told(connection, LOOKED_AT)
    return of(events, heard(services), now)


def of(events: Sequence[SwitchEvent], present: Iterable[Heard], now: datetime) -> LossAccount:
    """The account of events that are in hand. Pure."""
    losses = Losses()
    for event in events:
        losses.take(event)
    losses.settle(present)
    found = [_lost(one, now) for one in losses.all() if one.kind != "parked"]  # kept, and told apart
    return LossAccount(sorted(found, key=lambda one: one.since))


def heard(services: Iterable[Service]) -> list[Heard]:
    """What the bridges say of their links."""
    found = []
    for service in services:
        if service.part != "bridge":
            continue
        node = str(service.status.get("node") or service.name.partition(" ")[2])
        until = None if service.state == "running" else int(service.updated_at.timestamp() * 1e6)
        for link in service.status.get("switches", []):
            since = link.get("since") if link.get("link") == "up" else None
            at = None if since is None else int(datetime.fromisoformat(since).timestamp() * 1e6)
            found.append(Heard(node, str(link.get("switch", "?")), at, until))
    return found


def _lost(one: Loss, now: datetime) -> Lost:
    since = _instant(one.since)
    until = None if one.until is None else _instant(one.until)
    seconds = max(0.0, ((until or now) - since).total_seconds())
    return Lost(one.kind, one.switch, since, until, round(seconds, 3), one.missing, one.bridge)


def _summed(switch: str, losses: list[Lost]) -> LostBySwitch:
    return LostBySwitch(
        switch=switch,
        intervals=len(losses),
        seconds=round(sum(one.seconds for one in losses), 3),
        events=sum(one.events or 0 for one in losses),
        newest=max(losses, key=lambda one: one.since),
    )


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=min(at, _YEAR_9999))


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
