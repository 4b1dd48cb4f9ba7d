"""A status in which every part reports, as the real parts do: what /metrics can say when all is in use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec

from api.health.health import Health, links_of
from api.health.problem import Problem
from api.health.services import Service
from api.health.spools import Spool
from api.metrics import Local
from api.operations.losses import LossAccount, Lost
from api.operations.status import ProjectionStatus, Status, _part, _switches
from api.processes.bridge import Describer
from bridge.process.service import BridgeService, BridgeStats, LinkStats
from bridge.session.session import SwitchStats
from bridge.session.values import FetchStats
from core.following import Standing
from core.log import WriterStats
from core.registry.live import RegistryState

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WRITER = WriterStats(
    received=10, stored=9, duplicates=1, spooled=5, drained=3, parked=1, dropped=0, queued=2, spool_bytes=4096,
    spool_damages=0, direct=True, trouble=None,
)  # fmt: skip
REGISTRY = RegistryState("r", True, True, version=1, companies=2, users=9, findings=0, read_at=1.0, trouble="")

LOST = LossAccount(
    [
        Lost("link", "freeswitch@a", NOW - timedelta(seconds=9), NOW - timedelta(seconds=4), 5.0, None, "harmony@x"),
        Lost("overflow", "freeswitch@a", NOW - timedelta(seconds=2), NOW, 2.0, 120, "harmony@x"),
    ]
)


def switch(name: str, state: str = "up") -> SwitchStats:
    return SwitchStats(
        switch=name, state=state, core_uuid="c", events=7, bytes=900, last_heard=1, links=2, gaps=1, overflows=1,
        missing=120, legs=3, pauses=0, malformed=1, forged=2, encoding="string", faults=(), trouble="",
        fetches=FetchStats(answered=40, not_found=3, seconds=0.01, slowest=0.002),
    )  # fmt: skip


class _Bridge:
    def __init__(self, *names: str) -> None:
        self.names = names

    def stats(self) -> BridgeStats:
        links = tuple(LinkStats(switch(name), 1.5) for name in self.names)
        return BridgeStats(
            node="harmony@x", events=7, stored=9, queued=2, spool_bytes=4096, missing=120, pressure=False, lag=0.01,
            links=links, writer=WRITER,
            registry=REGISTRY,
        )  # fmt: skip


TROUBLE = Standing("webhook planner", "The database is away.", NOW.timestamp() - 60, 30, 31, 2)
LOCAL = Local("http 127.0.0.1:8080", 2, (Spool("bridge", 4096, 1),), (Standing("tokens"), TROUBLE))


def bridge(name: str, *switches: str) -> Service:
    status = Describer(cast(BridgeService, _Bridge(*switches)))()
    return Service(f"bridge {name}", "bridge", "host", 1, NOW, NOW, False, status, 0.5)


def part(name: str, kind: str, **status: Any) -> Service:
    return Service(name, kind, "host", 1, NOW, NOW, False, status, 0.5)


CALLS = part(
    "projection calls", "projection", position=8, head=9, events=8, seconds=0.5, parked=1, events_per_second=3.0,
    last_error=None, last_error_at=None,
)  # fmt: skip
PARTS = (
    CALLS,
    part(
        "http 127.0.0.1:8080", "http", subscribers=2, streams_subscribers={"sse": 3, "pull": 1}, streams_behind=0,
        streams_delivered=12, streams_disconnected_slow=1,
    ),
    part(
        "deliver h", "deliver", delivered=12, failed=3, pending=4, oldest_pending_seconds=3.5, dead=1, disabled=0,
        endpoints=2, failing=1, failing_seconds=40,
        followers=[msgspec.to_builtins(one) for one in (TROUBLE, Standing("report"))],
    ),
    part("odd h", "odd", waiting=4, done_total=9, by={"a": 1, "b": 2}),
)  # fmt: skip


def status(*services: Service) -> Status:
    """A status of these parts, or of one of each kind."""
    found = list(services or (bridge("harmony@x", "freeswitch@a", "freeswitch@b"), *PARTS))
    problems = [Problem("link.down", "The link is down.")]
    health = Health(NOW, 9, 8, 1, NOW, 3, 2, 0.25, found, links_of(found), problems)
    calls = ProjectionStatus("calls", "running", 8, 9, 1, 0.25, 3.0, 1, None, None, 1, NOW)
    switches = [one for service in found for one in _switches(service, LOST.by_switch())]
    parts = [_part(service) for service in found]
    return Status(health, "i", 1, NOW, 1, [calls], switches, parts, [("hangup", "ok", 3)], LOST)
