"""What the reports of the parts say is wrong, and what they say that is not wrong any more. Pure.

What is absent altogether is judged in `api.health.expected`, how far calls are behind in `api.health.health`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from api.health import followers
from api.health.problem import Problem
from api.health.services import Service

SILENT_LINK = 45.0
"""Seconds without a byte after which a link that stands is no good: a core makes a HEARTBEAT every 20."""
RETIRED = 3600.0
"""Seconds of silence after which a bridge counts as retired, where another one hears all of its switches."""
SETTLED = 30.0
"""Seconds after which a link's account of legs was held against the switch's own list."""
UNHEARD = 300.0
"""Seconds after which it counts that no webhook at all gets through."""
RECENT = 120.0
"""Seconds for which an error of the projection is why it is behind: it tries again within seconds."""


def of_parts(services: Sequence[Service]) -> Iterator[Problem]:
    """Return what is wrong by what each part says of itself, or says no more."""
    for service in services:
        if service.part == "bridge":
            yield from _bridge(service, services)
        if service.state == "silent" and service.part == "deliver":
            says = f"{service.name} has not reported for {service.age:.0f} s: webhooks are not sent, they wait."
            yield Problem("deliver.silent", says)
        if service.part == "deliver" and service.state == "running" and (says := _unheard(service)):
            yield Problem("deliver.failing", says)
        if service.part in ("bridge", "http") and service.state == "running" and (says := _registry(service)):
            yield Problem("registry.away", says)
    yield from followers.problems(services)


def _unheard(sender: Service) -> str:
    """One receiver that fails is its company's matter; when all do, it is likely our own network."""
    figures = sender.status
    tried = figures.get("endpoints", 0) - figures.get("disabled", 0)
    if not tried or figures.get("failing", 0) < tried or figures.get("failing_seconds", 0) < UNHEARD:
        return ""
    whom = "The one endpoint" if tried == 1 else f"Each of the {tried} endpoints"
    return (
        f"No webhook gets through. {whom} has failed for {figures['failing_seconds'] / 60:.0f} min and more, and "
        f"{figures.get('pending', 0):,} messages wait: `harmony webhooks list` names them; look whether this machine "
        "reaches them."
    )


def _bridge(bridge: Service, services: Sequence[Service]) -> Iterator[Problem]:
    if bridge.state == "silent" and not retired(bridge, services):
        says = f"The bridge {bridge.name} has not reported for {bridge.age:.0f} s: new events may not arrive."
        yield Problem("bridge.silent", says)
    if bridge.status.get("spooled"):
        says = f"{bridge.name} holds {bridge.status['spooled']} events in its spool file: they follow when stored."
        yield Problem("bridge.spool", says)
    if bridge.state != "running":
        return
    trouble = bridge.status.get("trouble")
    if bridge.status.get("blocked"):
        yield Problem("bridge.blocked", f"{bridge.name} can put events nowhere and reads no switch: {trouble}")
    elif trouble:
        yield Problem("bridge.trouble", f"{bridge.name} cannot store as it should: {trouble}")
    for link in bridge.status.get("switches", []):
        silent = link.get("silent") or 0.0
        if link.get("link") == "up" and silent > SILENT_LINK and not bridge.status.get("pressure"):
            says = (
                f"The link to {link.get('switch')} stands, but nothing came over it for {silent:.0f} s, not even a "
                "HEARTBEAT: its events may be missing; look whether the switch runs and its network is there."
            )
            yield Problem("link.silent", says)


def retired(bridge: Service, services: Sequence[Service]) -> bool:
    """Whether a silent bridge is missed by nobody: long gone, and others hear each of its switches."""
    return bridge.state == "silent" and bridge.age > RETIRED and _switches(bridge) <= _heard(services)


def notes(services: Sequence[Service]) -> list[str]:
    """Return what is good to know and no trouble."""
    return [
        f"{one.name} has not reported for {one.age / 3600:.0f} h; another bridge hears its switches: it counts as "
        "retired."
        for one in services
        if one.part == "bridge" and retired(one, services)
    ]


def _switches(bridge: Service) -> set[str]:
    return {str(link.get("switch")) for link in bridge.status.get("switches", [])}


def _heard(services: Sequence[Service]) -> set[str]:
    """The switches to which a bridge that runs has a link."""
    return {
        str(link.get("switch"))
        for one in services
        if one.part == "bridge" and one.state == "running"
        for link in one.status.get("switches", [])
        if link.get("link") == "up"
    }


def why_behind(services: Sequence[Service]) -> str | None:
    """Return the error with which a projection that runs fails again and again."""
    for one in services:
        said, at = one.status.get("last_error"), one.status.get("last_error_at")
        runs = one.part == "projection" and one.state == "running"
        if runs and said and at and _past(one, str(at)) < RECENT:
            return str(said)
    return None


def _past(service: Service, at: str) -> float:
    """Return how many seconds before its report an instant was that a part tells."""
    return (service.updated_at - datetime.fromisoformat(at)).total_seconds()


def legs(services: Sequence[Service]) -> int | None:
    """Return how many living legs the switches have; None where that cannot be said now.

    It can where each bridge that reports has all of its links and nothing that waits to be stored.
    """
    counted: dict[str, int] = {}
    for one in services:
        if one.part != "bridge" or one.stopped or retired(one, services):
            continue
        if one.state != "running" or one.status.get("spooled") or one.status.get("queued"):
            return None
        for link in one.status.get("switches", []):
            since = link.get("since")
            if link.get("link") != "up" or not since or _past(one, str(since)) < SETTLED:
                return None
            name = str(link.get("switch"))
            counted[name] = max(counted.get(name, 0), int(link.get("legs", 0)))
    return sum(counted.values()) if counted else None


def ghosts(live: int, services: Sequence[Service]) -> Iterator[Problem]:
    """``live``: calls that have been live for a while, with nothing that waits to be folded. Each needs a leg."""
    there = legs(services)
    if there is not None and live > there:
        says = (
            f"{live} calls are told as live, but the switches have {there} legs: the rest has ended; "
            "`harmony calls live` lists them."
        )
        yield Problem("calls.ghosts", says)


def _registry(service: Service) -> str:
    """Why the registry's source cannot be reached, and what whoever asks is answered meanwhile."""
    state = service.status.get("registry") or {}
    if not state.get("trouble"):
        return ""
    if service.part == "http":
        known = "goes by what was last known" if state.get("known") else "knows nobody, so that nobody can log in"
        return f"{state['trouble']} Meanwhile the server {known}."
    known = "what was last known" if state.get("known") else "that nothing is known: they go on with their own files"
    return f"{state['trouble']} Meanwhile switches are answered {known}."
