"""The figures of `examine` as Prometheus text (exposition format 0.0.4). Pure: health in, text out."""

from collections.abc import Iterator
from typing import Any

from api.health import Health

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS = {"stored", "duplicates", "dropped", "parked", "received", "reconnects", "overflows", "gaps"}
"""What a bridge reports that only ever grows; all other numbers are gauges."""


def render(health: Health, streams: int) -> str:
    return "\n".join(_lines(health, streams)) + "\n"


def _lines(health: Health, streams: int) -> Iterator[str]:
    yield from _family("harmony_log_position", "gauge", "Last position in the switch log", [({}, health.head)])
    yield from _family("harmony_calls_position", "gauge", "Position that calls are true at", [({}, health.position)])
    yield from _family("harmony_calls_behind", "gauge", "Positions stored and not folded", [({}, health.behind)])
    says = "Age of the oldest event not folded"
    yield from _family("harmony_calls_lag_seconds", "gauge", says, [({}, round(health.lag_seconds, 3))])
    yield from _family("harmony_calls_live", "gauge", "Calls whose end was not seen", [({}, health.live)])
    yield from _family("harmony_parked_events", "gauge", "Events put aside with a reason", [({}, health.parked)])
    yield from _family("harmony_degraded", "gauge", "Problems that readers are told of", [({}, len(health.problems))])
    yield from _family("harmony_http_streams", "gauge", "Subscribers of this process", [({}, streams)])
    up = [({"switch": k.switch}, int(k.link == "up")) for k in health.links]
    yield from _family("harmony_link_up", "gauge", "Whether a bridge has a link to the switch", up)
    running = [({"name": s.name, "part": s.part}, int(s.state == "running")) for s in health.services]
    yield from _family("harmony_service_up", "gauge", "Whether a part reports", running)
    figures: dict[str, list[tuple[dict[str, str], float]]] = {}
    for service in health.services:
        for name, value in service.status.items():
            if (service.part, name) == ("http", "streams"):
                continue  # this process says its own above, and a name may be explained once only
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                figures.setdefault(f"harmony_{service.part}_{name}", []).append(({"name": service.name}, value))
    for name, samples in sorted(figures.items()):
        counter = name.rsplit("_", 1)[-1] in COUNTERS
        yield from _family(f"{name}_total" if counter else name, "counter" if counter else "gauge", "", samples)


def _family(name: str, kind: str, says: str, samples: list[tuple[dict[str, str], Any]]) -> Iterator[str]:
    if not samples:
        return
    if says:
        yield f"# HELP {name} {says}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
