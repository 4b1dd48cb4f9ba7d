"""What must run and does not: what the settings name, held against what the processes report of themselves. Pure.

A part that is not there reports nothing, so that nothing seems wrong where nothing is. Each problem says what to start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from api.health.problem import Problem
from api.health.services import Service
from core.settings import Settings


class Expected(msgspec.Struct, frozen=True):
    """What an installation is to have running, as far as the settings that are in hand say it."""

    switches: tuple[str, ...] = ()
    """node names that the settings have"""
    server: bool = True
    """whether a server must be there; the server itself does not look for one"""


def expected_of(settings: Settings, server: bool = True) -> Expected:
    """What these settings ask for."""
    return Expected(tuple(switch.node for switch in settings.switches), server)


def not_running(expected: Expected, services: Sequence[Service], endpoints: int = 0) -> list[Problem]:
    """Return what is missing. ``endpoints``: of webhooks that wait for messages."""
    if not any(one.state == "running" for one in services):
        unheard = f" Nothing hears {_all(expected.switches)}." if expected.switches else ""
        says = "Nothing of Harmony runs: start `harmony run`, or the services: `systemctl start harmony.target`."
        return [Problem("nothing.runs", says + unheard)]
    return [
        *_bridges(expected, services),
        *_projection(services),
        *_server(expected, services),
        *_sender(endpoints, services),
    ]


def _bridges(expected: Expected, services: Sequence[Service]) -> Iterator[Problem]:
    if not expected.switches:
        return
    bridges = [one for one in services if one.part == "bridge"]
    running = [one for one in bridges if one.state == "running"]
    if not running:
        if not any(one.state == "silent" for one in bridges):  # that is told of itself
            says = f"No bridge runs, so nothing hears {_all(expected.switches)}: start `harmony bridge`."
            yield Problem("bridge.absent", says)
        return
    known = {str(link.get("switch")) for one in running for link in one.status.get("switches", [])}
    for switch in expected.switches:
        if switch not in known:
            says = f"{switch} is in the settings, but no bridge that runs has it: restart the bridge."
            yield Problem("switch.absent", says)


def _projection(services: Sequence[Service]) -> Iterator[Problem]:
    states = {one.state for one in services if one.part == "projection"}
    if "running" in states:
        return
    if "silent" in states:
        age = min(one.age for one in services if one.part == "projection" and one.state == "silent")
        says = f"What makes calls of events has not reported for {age:.0f} s: calls are late, until it runs again."
        yield Problem("projection.silent", says)
    else:
        says = "Nothing makes calls of the events that are stored: start `harmony project`."
        yield Problem("projection.absent", says)


def _server(expected: Expected, services: Sequence[Service]) -> Iterator[Problem]:
    if expected.server and not any(one.part == "http" and one.state == "running" for one in services):
        yield Problem("http.absent", "No server runs, so people and programs get no answer: start `harmony serve`.")


def _sender(endpoints: int, services: Sequence[Service]) -> Iterator[Problem]:
    if endpoints and not any(one.part == "deliver" and one.state != "stopped" for one in services):
        says = "There are endpoints of webhooks, and nothing sends to them: start `harmony deliver`; messages wait."
        yield Problem("deliver.absent", says)


def _all(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
