"""The call centre over HTTP: measures held against the stays themselves, agents as recorded."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.conftest import Server, Site

pytestmark = pytest.mark.http

EVER = {"since": "2020-01-01T00:00:00Z"}


@pytest.fixture
def client(server: Server, site: Site) -> Iterator[httpx.Client]:
    site.fill("30", "31", "200", "209", "210", "290")
    with server.client() as opened:
        yield opened


def test_the_measures_are_those_of_the_stays(client: httpx.Client, connection: psycopg.Connection[Any]) -> None:
    stays = connection.execute("SELECT outcome, waited_seconds FROM cdr.cdr_queue_stay").fetchall()
    answered = [waited for outcome, waited in stays if outcome == "answered"]
    lost = [waited for outcome, waited in stays if outcome in ("abandoned", "left_by_key")]
    assert {outcome for outcome, _ in stays} == {"answered", "abandoned", "left_by_key", "taken", "handed_on"}
    for target, short in ((20.0, 0.0), (1.0, 0.0), (20.0, 5.0), (3.0, 2.0)):
        asked = EVER | {"target": str(target), "short": str(short)}
        (found,) = client.get("/v1/centre/queues", params=asked).raise_for_status().json()["queues"]
        brief = sum(waited < short for waited in lost)
        offered = sum(outcome != "handed_on" for outcome, _ in stays) - brief
        good, gone = sum(one <= target for one in answered), sum(short <= one <= target for one in lost)
        assert (found["queue"], found["tenant"]) == ("support", "alpha.example")
        assert (found["offered"], found["answered"], found["taken"]) == (offered, len(answered), 1)
        assert (found["abandoned"], found["abandoned_short"]) == (len(lost) - brief, brief)
        assert found["average_speed_of_answer"] == pytest.approx(sum(answered) / len(answered))
        assert found["service_level"] == pytest.approx(
            {
                "negative": good / offered,
                "ignore": good / (offered - gone) if offered > gone else None,
                "positive": (good + gone) / offered,
            }
        )


def test_a_stretch_without_calls_has_no_queues(client: httpx.Client) -> None:
    found = client.get("/v1/centre/queues", params={"since": "2030-01-01", "until": "2030-01-02"}).json()
    assert (found["queues"], found["waiting"]) == ([], [])


def test_what_agents_do_is_what_the_switch_said_last(client: httpx.Client) -> None:
    agents = client.get("/v1/centre/agents").raise_for_status().json()["agents"]
    told = {(one["agent"], one["state"]) for one in agents}
    assert ("1003@alpha.example", "Waiting") in told
    assert all(one["since"].endswith("Z") for one in agents)


@pytest.mark.parametrize("bad", [{"target": "x"}, {"short": "-1"}, {"since": "yesterday-ish"}, {"time_zone": "Mars"}])
def test_what_cannot_be_asked_is_said(server: Server, bad: dict[str, str]) -> None:
    with server.client() as client:
        answer = client.get("/v1/centre/queues", params=bad)
    assert answer.status_code == 400
    assert next(iter(bad)) in answer.json()["detail"] or "zone" in answer.json()["detail"]
