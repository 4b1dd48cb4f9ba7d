"""The SDKs of CloudEvents read whatever we send: every type, over every way, as it was sent."""

import json
from collections import Counter
from typing import Any

import pytest

from projections.published.catalogue import CATALOGUE
from tests.api.clients.cloudevents_sdks import Message, refused
from tests.api.conftest import Server, Site
from tests.projections.callflow.folding import SMALL

pytestmark = pytest.mark.http


def test_the_sdks_read_every_event_of_the_recorded_calls(site: Site) -> None:
    site.fill(*(name.partition("-")[0] for name in SMALL))
    server = Server(site)
    try:
        pulled = _all(server, "calls")
        raw = _all(server, "switch", most=2000)
    finally:
        server.running.stop()
    told = site.ok("events", "tail", "--log", "calls", "--after", "beginning", "--once", "--json").lines
    assert told == pulled
    seen = Counter(event["type"] for event in pulled)
    assert len(seen) >= 30, seen
    assert len({event["type"] for event in raw}) > 10
    assert refused(_messages(pulled)) == []
    assert refused(_messages(raw)) == []


def test_the_sdks_read_the_example_of_every_type() -> None:
    assert refused(_messages([kind.example for kind in CATALOGUE.values()])) == []


def test_the_referees_refuse_what_is_no_cloudevent() -> None:
    event = CATALOGUE["call.started"].example
    (javascript,) = refused(_messages([event | {"dataschema": "/v1/schemas/call.started"}]))
    assert "JavaScript refuses call.started" in javascript
    assert len(refused(_messages([event | {"call_id": "x"}]))) == 2
    assert len(refused([Message(json.dumps({k: v for k, v in event.items() if k != "source"}))])) == 2


def _messages(events: list[dict[str, Any]]) -> list[Message]:
    return [Message(json.dumps(event)) for event in events]


def _all(server: Server, log: str, most: int = 100_000) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after, caught_up = "beginning", False
    with server.client() as client:
        while not caught_up and len(found) < most:
            page = client.get("/v1/events", params={"log": log, "after": after, "limit": "1000"}).json()
            found += page["events"]
            after, caught_up = page["next"], page["caught_up"]
    return found
