"""A hundred webhooks during the emulated demo, one kill of the deliverer included: each gets all it wants, in order."""

import os
import signal
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.access.principal import OPERATOR
from api.hooks import endpoints, secrets
from api.hooks.endpoint import NewWebhook, Webhook
from projections.query.events import call_events
from tests.api.conftest import Site, until
from tests.api.hooks.conftest import HERE
from tests.api.hooks.receiver import Receiver
from tests.ports import free_port

pytestmark = pytest.mark.http

ENDPOINTS = 100
EVENTS = 24
FILTERS: list[dict[str, Any]] = [
    {},
    {"types": ["call.*"]},
    {"types": ["call.started", "call.ended"]},
    {"types": ["call.answered", "queue.*", "registration.*"]},
    {"party": "1001"},
    {"party": "1002", "types": ["call.*"]},
    {"direction": "internal"},
    {"direction": "inbound", "types": ["call.ended"]},
    {"tenant": "alpha.example"},
    {"tenant": "beta.example", "types": ["call.*"]},
]


def test_a_hundred_webhooks_during_the_demo(
    site: Site, connection: psycopg.Connection[Any], receive: Callable[..., Receiver]
) -> None:
    receiver = receive()
    site.env |= {
        "HARMONY_WEBHOOK_PRIVATE": "true",
        "HARMONY_WEBHOOK_HTTP": "true",
        "HARMONY_HTTP_PORT": str(free_port()),
        "ERL_EPMD_PORT": str(free_port()),
    }
    found = secrets.opened(Path(site.data), connection)
    made: dict[str, Webhook] = {}
    for number in range(ENDPOINTS):
        asked = NewWebhook(url=f"{receiver.url}/{number}", **FILTERS[number % len(FILTERS)])
        made[f"/{number}"], _ = endpoints.create(connection, OPERATOR, asked, HERE, found)
    running = site.start("run", "--demo")

    def deliverer() -> int | None:
        row = connection.execute(
            "SELECT pid FROM log.service WHERE part = 'deliver' AND NOT stopped"
            " AND updated_at > clock_timestamp() - interval '3 seconds'"
        ).fetchone()
        return None if row is None else int(row[0])

    def published(count: int) -> bool:
        row = connection.execute("SELECT count(*) FROM log.call_event WHERE topic LIKE 'call.%'").fetchone()
        return row is not None and int(row[0]) >= count

    until(lambda: published(EVENTS // 2), "calls of the demo", 90)
    receiver.wait(lambda got: len(got) >= ENDPOINTS)
    os.kill(until(deliverer, "the deliverer"), signal.SIGKILL)
    running.says("webhooks was killed by signal 9; it starts again")
    until(lambda: published(EVENTS), "more calls of the demo", 90)
    assert running.stop() == 0

    alone = site.start("deliver")
    alone.says("delivering webhooks")
    events = call_events(connection, 0, 100_000)
    expected = {path: [event for event in events if webhook.filter.matches(event)] for path, webhook in made.items()}
    # The webhooks were made at different heads of the log: their making is an event too, which the early ones get.
    calls = {path: [e for e in wanted if e.type != "operator.acted"] for path, wanted in expected.items()}
    assert sum(map(bool, calls.values())) > ENDPOINTS / 2
    wanted_ids = {(path, event.event_id) for path, wanted in calls.items() for event in wanted}
    until(lambda: wanted_ids <= {(m.path, m.id) for m in list(receiver.got)}, "all of them", 120)
    assert alone.stop() == 0
    arrived: dict[str, list[str]] = defaultdict(list)
    for path, event_id in dict.fromkeys((m.path, m.id) for m in receiver.got):
        arrived[path].append(event_id)
    others = {e.event_id for e in events if e.type == "operator.acted"}
    for path, wanted in calls.items():
        assert set(arrived[path]) - others == {e.event_id for e in wanted}, path
        place = {event_id: n for n, event_id in enumerate(arrived[path])}
        for subject in {e.subject for e in wanted}:
            order = [place[e.event_id] for e in wanted if e.subject == subject]
            assert order == sorted(order), (path, subject)
