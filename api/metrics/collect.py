"""From the status of everything to the samples of each metric. Pure.

A part that the catalogue does not know is told too: each number that it reports becomes `harmony_<part>_<figure>` with
the label `service`, a counter when its name ends in `_total`; a figure of several numbers has the label `kind`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from api.health.followers import followers
from api.health.services import Service
from api.health.spools import Spool
from api.metrics.catalogue import ALL, BY_PART, LEFT_OUT, LINK, Metric
from api.operations.status import Status
from core.following import Standing

LOSS_KINDS = ("link", "gap", "overflow", "spool")
_BY_NAME = {one.name: one for one in ALL}
_NAME = re.compile(r"[^a-zA-Z0-9_]")


class Family(msgspec.Struct, frozen=True):
    """A metric with its samples: the values of its labels, and the number."""

    metric: Metric
    samples: list[tuple[tuple[str, ...], float]]


class _Families:
    def __init__(self) -> None:
        self._found: dict[str, Family] = {}

    def add(self, metric: Metric, value: Any, *labels: str) -> None:
        number = _number(value)
        if number is not None:
            self._found.setdefault(metric.name, Family(metric, [])).samples.append((labels, number))

    def named(self, name: str, value: Any, *labels: str) -> None:
        self.add(_BY_NAME[name], value, *labels)

    def all(self) -> list[Family]:
        return [self._found[name] for name in sorted(self._found)]


class Local(msgspec.Struct, frozen=True):
    """What the process that answers knows by itself."""

    service: str
    """its name among the parts"""
    live_subscribers: int = 0
    spools: Sequence[Spool] = ()
    followers: Sequence[Standing] = ()


def collect_away(local: Local) -> list[Family]:
    """All families that can be told while the database is away, by name."""
    found = _Families()
    found.named("harmony_database_up", 0)
    found.named("harmony_degraded", 1)
    found.named("harmony_problem", 1, "database.away")
    for one in local.followers:
        _follower(found, local.service, one)
    _local(found, local)
    return found.all()


def collect(status: Status, local: Local) -> list[Family]:
    """All families that have a sample, by name."""
    found = _Families()
    health = status.health
    found.named("harmony_database_up", 1)
    _local(found, local)
    for follows in followers(health.services):
        _follower(found, follows.service, follows.standing)
    found.named("harmony_degraded", len(health.problems))
    for code in sorted({problem.code for problem in health.problems}):
        found.named("harmony_problem", 1, code)
    found.named("harmony_log_position", health.head)
    found.named("harmony_log_oldest_position", status.oldest)
    if status.newest_at is not None:
        found.named("harmony_log_newest_age_seconds", max(0.0, (health.at - status.newest_at).total_seconds()))
    found.named("harmony_calls_live", health.live)
    found.named("harmony_parked_events", status.parked_by_log, "log")
    for kind, result, count in status.commands:
        found.named("harmony_commands_total", count, kind, result)
    for one in status.projections:
        found.named("harmony_parked_events", one.parked, one.name)
        found.named("harmony_projection_position", one.position, one.name)
        found.named("harmony_projection_behind_events", one.behind, one.name)
        found.named("harmony_projection_lag_seconds", one.lag_seconds, one.name)
    for service in health.services:
        if service.stopped:
            continue  # on purpose: nothing is expected of it
        found.named("harmony_service_up", int(service.state == "running"), service.part, service.name)
        found.named("harmony_service_report_age_seconds", round(service.age, 3), service.part, service.name)
        _service(found, service)
    for switch in status.switches:
        labels = _short(switch.bridge), switch.switch
        found.named("harmony_link_up", int(switch.link == "up"), *labels)
        found.named("harmony_link_warnings", len(switch.warnings), *labels)
        found.named("harmony_link_lost_total", switch.links_lost, *labels)
    _losses(found, status)
    return found.all()


def _local(found: _Families, local: Local) -> None:
    found.named("harmony_http_live_subscribers", local.live_subscribers)
    for spool in local.spools:
        found.named("harmony_spool_bytes", spool.bytes, spool.name)
        found.named("harmony_spool_files", spool.files, spool.name)


def _follower(found: _Families, service: str, one: Standing) -> None:
    found.named("harmony_follower_trouble", int(one.trouble is not None), service, one.name)
    if one.since is not None:
        found.named("harmony_follower_trouble_start_timestamp_seconds", round(one.since, 3), service, one.name)
    found.named("harmony_follower_failures_total", one.failures, service, one.name)
    found.named("harmony_follower_put_aside_total", one.put_aside, service, one.name)


def _losses(found: _Families, status: Status) -> None:
    """A switch that lost nothing says so with 0, so that the first loss is a rise."""
    lost = status.losses.by_switch()
    kinds = Counter((one.switch, one.kind) for one in status.losses.all)
    for switch in sorted({*lost, *(one.switch for one in status.switches)}):
        of = lost.get(switch)
        for kind in LOSS_KINDS:
            found.named("harmony_loss_intervals", kinds[switch, kind], switch, kind)
        found.named("harmony_loss_seconds", of.seconds if of else 0, switch)
        found.named("harmony_loss_events", of.events if of else 0, switch)
        if of is not None:
            until = of.newest.until
            found.named("harmony_loss_newest_start_timestamp_seconds", of.newest.since.timestamp(), switch)
            if until is not None:
                found.named("harmony_loss_newest_end_timestamp_seconds", until.timestamp(), switch)


def _service(found: _Families, service: Service) -> None:
    known = BY_PART.get(service.part, ())
    for metric in known:
        value = service.status.get(metric.figure)
        for kind, number in value.items() if isinstance(value, dict) else [(None, value)]:
            found.add(metric, number, _short(service.name), *([] if kind is None else [str(kind)]))
    if service.part == "bridge":
        for link in service.status.get("switches", []):
            for metric in LINK:
                found.add(metric, link.get(metric.figure), _short(service.name), str(link.get("switch", "?")))
    told = {metric.figure for metric in known} | LEFT_OUT.get(service.part, frozenset())
    for name, value in _flat(service.status):
        if name[0] not in told:
            _foreign(found, service, name, value)


def _foreign(found: _Families, service: Service, name: tuple[str, ...], value: Any) -> None:
    """A figure that the catalogue does not know."""
    full = _NAME.sub("_", f"harmony_{service.part}_{name[0]}")
    if full in _BY_NAME:
        return
    kind: Any = "counter" if full.endswith("_total") else "gauge"
    labels = ("service", "kind")[: len(name)]
    says = f"What {service.part} reports as {name[0].removesuffix('_total').replace('_', ' ')}"
    found.add(Metric(full, kind, says, labels), value, service.name, *name[1:])


def _flat(status: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Numbers, also those one level down."""
    for name, value in status.items():
        inside: Iterable[tuple[str, Any]] = value.items() if isinstance(value, dict) else ()
        yield (name,), value
        for kind, number in inside:
            yield (name, str(kind)), number


def _short(service: str) -> str:
    """The name of a part without its kind: `bridge harmony@pbx` is `harmony@pbx` where the label says bridge."""
    return service.partition(" ")[2] or service


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
