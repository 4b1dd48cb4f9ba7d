"""The status says of every projection, switch and part what operators need, in figures and in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from api.access.bearers import Bearer
from api.access.principal import Principal
from api.http.guard import Guard
from api.operations.status import look
from api.operations.status_text import ago, lines, seconds, size
from core.log import EventLog, Incoming
from core.log.driver import connect
from core.own_event import OVERFLOW, OwnEvents
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Server, Site
from tests.core.made import incoming, numbered

SWITCH = {
    "switch": "freeswitch@pbx1",
    "link": "up",
    "since": "2026-11-23T09:00:00Z",
    "silent": 3.2,
    "events": 12345,
    "events_per_second": 52.3,
    "legs": 8,
    "links": 3,
    "gaps": 1,
    "overflows": 1,
    "missing": 120,
    "malformed": 0,
    "forged": 0,
    "pauses": 0,
    "trouble": "",
    "warnings": ["max-event-bulk is 1"],
}
INSERT = (
    "INSERT INTO log.service (name, part, host, pid, started_at, updated_at, stopped, status)"
    " VALUES (%s, %s, 'host', 1, now(), now() - %s * interval '1 second', false, %s)"
)


def report(dsn: str, name: str, part: str, status: dict[str, Any], age: float = 0.0) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(INSERT, (name, part, age, json.dumps(status)))


@pytest.mark.database
def test_every_thing_has_its_figures(log: EventLog, dsn: str) -> None:
    log.append(incoming(numbered(30)))
    own = OwnEvents()
    times = {"Harmony_Since": 1_795_000_000_000_000, "Harmony_Until": 1_795_000_004_600_000}
    log.append([Incoming("h@x", own.make(OVERFLOW, Harmony_Switch="freeswitch@pbx1", Harmony_Missing=120, **times), 1)])
    with psycopg.connect(dsn, autocommit=True) as plain:
        plain.execute("UPDATE log.projection SET position = 10")
        plain.execute("UPDATE log.switch_event SET stored_at = stored_at - interval '90 seconds'")
    report(dsn, "bridge h@x", "bridge", {"queued": 4, "received": 9, "switches": [SWITCH]})
    failed = {
        "events_per_second": 7.5,
        "last_error": "The database went away.",
        "last_error_at": "2026-11-23T09:00:00Z",
    }
    report(dsn, "projection calls", "projection", failed)
    report(dsn, "webhooks h", "webhooks", {"pending": 17, "dead": 0})
    with connect(dsn) as connection:
        found = look(connection)
    (calls,) = (one for one in found.projections if one.name == "calls")
    assert (calls.state, calls.position, calls.head, calls.behind) == ("running", 10, 31, 21)
    assert 90 <= calls.lag_seconds < 900
    assert (calls.events_per_second, calls.last_error) == (7.5, "The database went away.")
    (switch,) = found.switches
    assert (switch.links_lost, switch.missing, switch.lost) == (2, 120, True)
    text = "\n".join(lines(found))
    for words in (
        "last position 31",
        "PROJECTION  STATE",
        "3.2 s ago",
        "52.3",
        "once, 4.6 s, 120 known to be missing",
        "dropped by the switch, whose queue was full",
        "The database went away.",
        "17 messages wait",
    ):
        assert words in text
    document = found.document()
    assert document["degraded"] == ["projection.behind"]
    assert document["switches"][0]["silent_seconds"] == 3.2
    assert document["losses"]["count"] == 1
    assert document["losses"]["newest"][0]["until"] == "2026-11-18T11:06:44.600000+00:00"
    json.dumps(document)


@pytest.mark.database
def test_a_silent_bridge_has_no_figures_of_now(dsn: str) -> None:
    report(dsn, "bridge h@x", "bridge", {"switches": [SWITCH], "events_per_second": 5.0}, age=60)
    with connect(dsn) as connection:
        found = look(connection)
    (switch,) = found.switches
    assert (switch.link, switch.silent_seconds, switch.events_per_second) == ("unknown", None, None)
    assert found.projections[0].state == "absent"
    assert list(lines(found))


@pytest.mark.database
def test_a_runner_keeps_its_last_error(dsn: str) -> None:
    import threading

    stop = threading.Event()
    runner = Runner(dsn.replace("dbname=", "dbname=not_"), CallFold, TOPICS)
    running = threading.Thread(target=runner.run_forever, args=(stop,))
    running.start()
    try:
        while runner.last_error is None:
            assert running.is_alive()
    finally:
        stop.set()
        running.join()
    assert "does not exist" in runner.last_error[0]


@pytest.mark.pure
def test_durations_and_sizes_in_words() -> None:
    assert [seconds(value) for value in (0.04, 59, 300, 7300, 400_000)] == ["0.0 s", "59 s", "5 min", "2 h", "5 days"]
    assert [size(value) for value in (10, 12_300, 20 << 30)] == ["10 B", "12 kB", "21 GB"]
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert (ago(now, now), ago(now, now - timedelta(seconds=5))) == ("now", "5.0 s ago")


@pytest.mark.http
def test_over_http_and_by_command(server: Server, site: Site, client: httpx.Client) -> None:
    assert site.dsn is not None
    report(site.dsn, "bridge h@x", "bridge", {"switches": [SWITCH | {"link": "down"}]})
    told = client.get("/v1/status").json()
    assert told["degraded"] == ["projection.absent", "link.down"]
    assert {one["name"] for one in told["projections"]} == {"calls", "centre"}
    assert client.get("/v1/status", headers={"Authorization": "Bearer no"}).status_code == 401
    shown = site.run("status")
    assert shown.code == 3
    assert "The link to freeswitch@pbx1 is down" in shown.out
    assert site.run("status", "--json").json.keys() == told.keys()
    watching = site.start("status", "--watch", "0.1", "--json")
    watching.says('"status":"degraded"')
    assert watching.stop() == 3


@pytest.mark.pure
async def test_tenants_do_not_see_it() -> None:
    """By a principal given by hand, in front of the real routes."""
    from starlette.applications import Starlette

    from api.http import problems
    from api.http.endpoints import operating
    from api.http.routes import routes

    app = Starlette(routes=routes(operating.FAMILY.endpoints), exception_handlers=problems.handlers())

    async def knows(token: str) -> Bearer:
        return Bearer(Principal("alice", tenant="alpha.example"))

    guarded = Guard(app, knows=knows)
    transport = httpx.ASGITransport(guarded)
    async with httpx.AsyncClient(transport=transport, base_url="http://h", headers={"Authorization": "Bearer t"}) as it:
        for path in ("/v1/status", "/v1/operations", "/v1/parked", "/v1/parked/1"):
            assert (await it.get(path)).status_code == 403
        for deed in ("retry", "skip"):
            assert (await it.post(f"/v1/parked/1/{deed}", json={"reason": "x"})).status_code == 403
