"""Metrics, stream messages and the judgement of health, without a server."""

from datetime import UTC, datetime

import pytest

from api.health import Health, Link, Problem, links_of, problems_of
from api.http.metrics import render
from api.http.sse import event
from api.service_status import Service

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


def test_the_links_of_a_silent_bridge_are_unknown() -> None:
    assert [k.link for k in links_of([bridge(age=9, switches=[UP, DOWN])])] == ["unknown", "unknown"]
    assert links_of([bridge(switches=[UP])]) == [Link("freeswitch@a", "up", "2026-11-23T09:00:00Z", [])]


def test_metrics_are_prometheus_text() -> None:
    services = [bridge(stored=5, queued=2, direct=True, switches=[UP], trouble=None)]
    health = Health(NOW, 9, 7, 1, NOW, 3, 0, 0.25, services, links_of(services), [Problem("a", "b")])
    lines = render(health, 2).splitlines()
    for line in (
        "harmony_log_position 9",
        "harmony_calls_behind 2",
        "harmony_calls_lag_seconds 0.25",
        "harmony_degraded 1",
        "harmony_http_streams 2",
        'harmony_link_up{switch="freeswitch@a"} 1',
        'harmony_bridge_stored_total{name="bridge h@x"} 5',
        'harmony_bridge_queued{name="bridge h@x"} 2',
    ):
        assert line in lines
    named = [line.split("{")[0].split(" ")[0] for line in lines if line[0] != "#"]
    typed = [line.split(" ")[2] for line in lines if line.startswith("# TYPE")]
    assert set(named) == set(typed)
    assert len(typed) == len(set(typed)), "each family once"


def test_labels_cannot_break_out() -> None:
    services = [bridge(switches=[UP | {"switch": 'a"} 1\nevil{x="\\'}])]
    health = Health(NOW, 0, 0, 1, NOW, 0, 0, 0.0, services, links_of(services), [])
    assert 'harmony_link_up{switch="a\\"} 1\\nevil{x=\\"\\\\"} 1' in render(health, 0).splitlines()


def test_a_message_cannot_end_early() -> None:
    assert event("call", b'{"a":1}', 7) == b'event: call\nid: 7\ndata: {"a":1}\n\n'
    assert event("x", b"a\r\n\nb") == b"event: x\ndata: a\ndata: \ndata: b\n\n"
