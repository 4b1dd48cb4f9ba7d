"""Stream messages and the judgement of health, without a server."""

from datetime import UTC, datetime

import pytest

from api.health.health import Link, links_of, problems_of
from api.health.services import Service
from api.streams.sse import message

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def bridge(age: float = 1.0, stopped: bool = False, **status: object) -> Service:
    return Service("bridge h@x", "bridge", "host", 1, NOW, NOW, stopped, status, age)


def codes(head: int, position: int, lag: float, *services: Service) -> list[str]:
    given = list(services)
    return [p.code for p in problems_of(head, position, lag, given, links_of(given))]


UP = {"switch": "freeswitch@a", "link": "up", "since": "2026-11-23T09:00:00Z"}
DOWN = UP | {"link": "down"}


def test_what_is_well_is_no_problem() -> None:
    assert codes(10, 10, 0, bridge(switches=[UP])) == []
    assert codes(10, 5, 1.0, bridge(switches=[UP])) == [], "a moment behind is usual"
    assert codes(10, 10, 0, bridge(age=100, stopped=True, switches=[DOWN])) == [], "stopped on purpose"


def test_what_is_wrong_has_a_code() -> None:
    assert codes(10, 5, 6.0) == ["projection.behind"]
    assert codes(0, 0, 0, bridge(switches=[UP, DOWN])) == ["link.down"]
    assert codes(0, 0, 0, bridge(age=9, switches=[UP])) == ["bridge.silent"]
    assert codes(0, 0, 0, bridge(spooled=7)) == ["bridge.spool"]
    assert codes(0, 0, 0, bridge(registry={"trouble": "The directory cannot be read.", "known": True})) == [
        "registry.away"
    ]
    assert codes(0, 0, 0, bridge(registry={"trouble": "", "known": True}), bridge(registry=None)) == []
    assert codes(0, 0, 0, bridge(age=100, stopped=True, registry={"trouble": "It cannot be read."})) == []


def test_the_links_of_a_silent_bridge_are_unknown() -> None:
    assert [k.link for k in links_of([bridge(age=9, switches=[UP, DOWN])])] == ["unknown", "unknown"]
    assert links_of([bridge(switches=[UP])]) == [Link("freeswitch@a", "up", "2026-11-23T09:00:00Z", [])]


def test_a_message_cannot_end_early() -> None:
    assert message(b'{"a":1}', 7, "call") == b'event: call\nid: 7\ndata: {"a":1}\n\n'
    assert message(b"a\r\n\nb", name="x") == b"event: x\ndata: a\ndata: \ndata: b\n\n"
    assert message(b"{}", "AWM") == b"id: AWM\ndata: {}\n\n"
