"""`harmony bridge`: the bridge of the settings (and the demo's switch), with its report."""

import threading
from datetime import UTC, datetime
from typing import Any

import msgspec

from api.errors import BadArgument
from api.health.services import Reporter, last_report
from api.processes import demo
from api.processes.rate import Rate
from api.site import Site
from bridge.process.service import BridgeService, run
from core.registry.live import RegistryState

FIGURES = ("events", "bytes", "links", "gaps", "overflows", "missing", "legs", "pauses", "malformed", "forged")


def bridge(here: Site, stop: threading.Event, with_demo: bool) -> int:
    """Run until `stop` is set."""
    settings = demo.with_demo(here.settings) if with_demo else here.settings
    if not settings.switches:
        raise BadArgument(
            f"No switch is configured: name one as `switches` in {settings.data / 'harmony.toml'} "
            "or in HARMONY_SWITCHES."
        )
    if with_demo:
        demo.wait(settings, stop)
    name = f"bridge {settings.node}"
    reporters: list[Reporter] = []

    def started(service: BridgeService) -> None:
        describe = Describer(service)
        reporters.append(Reporter(here.dsn, name, "bridge", describe))
        reporters[-1].start()

    try:
        run(settings, here.dsn, stop, started=started, last_report=last_report(here.dsn, name))
    finally:
        for reporter in reporters:
            reporter.stop()
    return 0


class Describer:
    """What the bridge reports; remembers since when each link is as it is."""

    def __init__(self, service: BridgeService) -> None:
        self._service = service
        self._since: dict[str, tuple[bool, str]] = {}
        self._rate = Rate()
        self._rates: dict[str, Rate] = {}

    def __call__(self) -> dict[str, Any]:
        stats = self._service.stats()
        writer = stats.writer
        return {
            "node": stats.node,
            "received": writer.received,
            "events_per_second": self._rate(stats.events),
            "stored": writer.stored,
            "duplicates": writer.duplicates,
            "parked": writer.parked,
            "dropped": writer.dropped,
            "queued": stats.queued,
            "spooled": max(0, writer.spooled - writer.drained),
            "spool_bytes": stats.spool_bytes,
            "spool_damages": writer.spool_damages,
            "missing": stats.missing,
            "pressure": int(stats.pressure),
            "loop_lag_seconds": round(stats.lag, 4),
            "direct": int(writer.direct),
            **msgspec.to_builtins(stats.turned),
            "blocked": int(writer.blocked),
            "trouble": writer.trouble,
            "registry": msgspec.to_builtins(stats.registry),
            **_registry(stats.registry),
            "switches": [self._link(link) for link in msgspec.to_builtins(stats.links)],
        }

    def _link(self, link: dict[str, Any]) -> dict[str, Any]:
        switch = link["switch"]
        name, up = switch["switch"], switch["state"] == "up"
        if self._since.get(name, (None, ""))[0] is not up:
            self._since[name] = (up, datetime.now(UTC).isoformat(timespec="milliseconds"))
        return {
            "switch": name,
            "link": "up" if up else "down",
            "since": self._since[name][1],
            "warnings": [*switch["faults"], *_forged(switch["forged"])],
            "trouble": switch["trouble"],
            "version": switch["version"],
            "supplied": switch["supplied"],
            "silent": round(link["silent"], 1),
            "events_per_second": self._rates.setdefault(name, Rate())(switch["events"]),
            **{key: switch[key] for key in FIGURES},
            **_fetches(switch["fetches"]),
        }


def _forged(count: int) -> list[str]:
    if not count:
        return []
    return [f"{count} messages in its name came over another node's link and were dropped: the log names the node."]


def _fetches(found: dict[str, Any] | None) -> dict[str, Any]:
    """What the switch asked of the registry; nothing where it is left to its own files."""
    if found is None:
        return {}
    return {
        "fetches": found["answered"],
        "fetches_not_found": found["not_found"],
        "fetch_seconds": round(found["seconds"], 4),
        "fetch_slowest": round(found["slowest"], 4),
    }


def _registry(state: RegistryState | None) -> dict[str, int]:
    if state is None:
        return {}
    return {
        "registry_current": int(state.current),
        "registry_companies": state.companies,
        "registry_users": state.users,
        "registry_findings": state.findings,
    }
