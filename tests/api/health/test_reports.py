"""What the parts report, and what is wrong by it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.health.health import problems_of
from api.health.reports import ghosts, notes, of_parts
from api.health.services import Service
from core.log.prepare import Prepared
from core.log.spool import Lost, Spool
from tests.api.conftest import Site
from tests.fix_disk import fill

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LONG_AGO = (NOW - timedelta(hours=1)).isoformat()
UP = {"switch": "freeswitch@a", "link": "up", "since": LONG_AGO, "silent": 3.0, "legs": 2}


def part(kind: str, name: str = "x", age: float = 0.5, **status: Any) -> Service:
    return Service(f"{kind} {name}", kind, "host", 1, NOW, NOW, False, status, age)


def codes(*services: Service) -> list[str]:
    return [one.code for one in of_parts(services)]


def test_a_link_that_stands_and_is_silent() -> None:
    assert codes(part("bridge", switches=[UP])) == []
    assert codes(part("bridge", switches=[UP | {"silent": 60.0}])) == ["link.silent"]
    assert codes(part("bridge", pressure=1, switches=[UP | {"silent": 60.0}])) == [], "reading from it is paused"


def test_a_disk_or_database_that_takes_nothing() -> None:
    assert codes(part("bridge", trouble="No space left on device.")) == ["bridge.trouble"]
    assert codes(part("bridge", blocked=1, trouble="No space left on device.")) == ["bridge.blocked"]


def test_a_registry_that_the_server_cannot_reach() -> None:
    away = {"trouble": "The directory cannot be read.", "known": False}
    assert codes(part("http", registry=away)) == ["registry.away"]
    assert "nobody can log in" in next(of_parts([part("http", registry=away)])).sentence


def test_a_bridge_that_was_retired_is_no_trouble_for_ever() -> None:
    old, new = part("bridge", "old", age=7200, switches=[UP]), part("bridge", "new", switches=[UP])
    assert codes(old) == ["bridge.silent"]
    assert codes(old, new) == []
    assert "counts as retired" in notes([old, new])[0]
    assert codes(part("bridge", "old", age=60, switches=[UP]), new) == ["bridge.silent"], "it is missed at first"
    other = UP | {"switch": "freeswitch@b"}
    assert codes(part("bridge", "old", age=7200, switches=[UP, other]), new) == ["bridge.silent"]


def test_a_projection_that_fails_again_and_again() -> None:
    failing = part("projection", last_error="no such column", last_error_at=NOW.isoformat())
    once = part("projection", last_error="no such column", last_error_at=LONG_AGO)
    (stuck,) = problems_of(9, 1, 60.0, [failing], [])
    assert stuck.code == "projection.stuck"
    assert "no such column" in stuck.sentence
    assert [one.code for one in problems_of(9, 1, 60.0, [once], [])] == ["projection.behind"]


def test_calls_without_a_living_leg() -> None:
    def told(live: int, *services: Service) -> list[str]:
        return [one.code for one in ghosts(live, services)]

    assert told(2, part("bridge", switches=[UP])) == []
    assert told(3, part("bridge", switches=[UP])) == ["calls.ghosts"]
    assert told(8, part("bridge", switches=[UP | {"legs": 0}]), part("bridge", "y", switches=[UP])) == ["calls.ghosts"]
    assert told(3) == [], "nobody counts legs"
    assert told(3, part("bridge", switches=[UP | {"link": "down"}])) == []
    assert told(3, part("bridge", spooled=5, switches=[UP])) == [], "what ended them may wait"
    assert told(3, part("bridge", switches=[UP | {"since": NOW.isoformat()}])) == [], "not reconciled yet"


@pytest.mark.database
def test_with_the_database_away_the_status_says_what_files_know(tmp_path: Path) -> None:
    site = Site(tmp_path, "host=127.0.0.1 port=1 dbname=none")
    said = site.run("status")
    assert said.code == 3
    assert "No spool file is on this machine" in said.out
    (tmp_path / "spool" / "bridge").mkdir(parents=True)
    (tmp_path / "spool" / "bridge" / "00000001.spool").write_bytes(bytes(12_300))
    said = site.run("status", "--json")
    assert said.code == 3
    assert said.json["degraded"] == ["log.away"]
    assert "12 kB of events wait" in said.json["problems"][2]


def test_no_webhook_gets_through() -> None:
    failing: dict[str, Any] = {"endpoints": 3, "disabled": 1, "failing": 2, "failing_seconds": 600, "pending": 2660}
    assert codes(part("deliver", **failing)) == ["deliver.failing"]
    (problem,) = of_parts([part("deliver", **failing)])
    assert "2,660 messages wait" in problem.sentence
    assert codes(part("deliver", **failing | {"failing": 1})) == [], "one receiver is its company's matter"
    assert codes(part("deliver", **failing | {"failing_seconds": 30})) == [], "it is tried again"
    assert codes(part("deliver", **failing | {"disabled": 3, "failing": 0})) == []
    assert codes(part("deliver")) == []


@pytest.mark.database
def test_with_an_embedded_database_that_does_not_start_too(tmp_path: Path, small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(300_000)
    place = disk / "spool" / "bridge"
    with contextlib.closing(Spool(place)) as spool:
        spool.append(Prepared([], []))
        spool.note_lost(Lost(17, 1, 2))
    fill(disk)
    said = Site(disk, None).run("status")
    assert said.code == 3
    (why, _, waits, lost, full) = said.out.splitlines()
    assert f"PostgreSQL does not start in {disk}/postgres, for there is no room on its disk" in why
    assert f"of events wait in {disk}/spool on this machine, written since 20" in waits
    assert "17 events had no room when a bridge ended" in lost
    assert f"The disk of {disk}/spool is full (0 B are free)" in full
