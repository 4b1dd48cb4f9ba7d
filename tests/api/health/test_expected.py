"""What the settings name and nobody runs is trouble."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.health.expected import Expected, not_running
from api.health.services import Service

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SWITCH = "freeswitch@pbx1"


def part(kind: str, age: float = 0.5, stopped: bool = False, **status: Any) -> Service:
    return Service(f"{kind} x", kind, "host", 1, NOW, NOW, stopped, status, age)


ALL = (part("bridge", switches=[{"switch": SWITCH}]), part("projection"), part("http"))


def codes(*services: Service, switches: tuple[str, ...] = (SWITCH,), server: bool = True) -> list[str]:
    return [one.code for one in not_running(Expected(switches, server), services)]


def test_where_all_runs_nothing_is_missing() -> None:
    assert codes(*ALL) == []
    assert codes(*ALL[1:], switches=()) == [], "no switch is named, so no bridge is missing"


def test_where_nothing_runs_that_is_all_that_is_said() -> None:
    assert codes() == ["nothing.runs"]
    assert codes(part("bridge", stopped=True), part("http", age=60)) == ["nothing.runs"]
    (said,) = not_running(Expected((SWITCH, "freeswitch@pbx2")), [])
    assert said.sentence.endswith("Nothing hears freeswitch@pbx1 and freeswitch@pbx2.")


def test_each_part_that_is_missing_is_named() -> None:
    assert codes(*ALL[1:]) == ["bridge.absent"]
    assert codes(part("bridge", stopped=True), *ALL[1:]) == ["bridge.absent"]
    assert codes(part("bridge", age=60), *ALL[1:]) == [], "a silent bridge is told of itself"
    assert codes(ALL[0], ALL[2]) == ["projection.absent"]
    assert codes(ALL[0], part("projection", age=60), ALL[2]) == ["projection.silent"]
    assert codes(*ALL[:2]) == ["http.absent"]
    assert codes(*ALL[:2], server=False) == []


def test_a_switch_of_the_settings_that_no_bridge_has() -> None:
    assert codes(*ALL, switches=(SWITCH, "freeswitch@new")) == ["switch.absent"]


def test_endpoints_that_nothing_sends_to() -> None:
    def told(endpoints: int, *services: Service) -> list[str]:
        return [one.code for one in not_running(Expected((SWITCH,)), services, endpoints)]

    assert told(1, *ALL) == ["deliver.absent"]
    assert told(0, *ALL) == []
    assert told(1, *ALL, part("deliver")) == []
    assert told(1, *ALL, part("deliver", stopped=True)) == ["deliver.absent"]
