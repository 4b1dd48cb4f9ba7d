"""The figures are what Prometheus takes: read by its own client, named by its conventions, each said once."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import CONTENT_TYPE, collect, collect_away, render
from api.metrics.catalogue import ALL
from tests.api.conftest import Site
from tests.api.metrics.made import LOCAL, PARTS, bridge, part, status


@dataclass
class Read:
    """What the foreign parser makes of the text."""

    types: dict[str, str]
    says: dict[str, str]
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Read:
    families = list(text_string_to_metric_families(text))
    samples = [sample for family in families for sample in family.samples]
    values = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
    assert len(values) == len(samples), "no sample twice"
    return Read(
        {family.name: family.type for family in families},
        {family.name: family.documentation for family in families},
        values,
    )


@pytest.mark.pure
def test_every_metric_of_the_catalogue_is_given() -> None:
    found = read(render(collect(status(), LOCAL)))
    assert {one.name for one in ALL} <= {name for name, _ in found.values}
    link = (("bridge", "harmony@x"), ("switch", "freeswitch@b"))
    assert found.values["harmony_link_missing_events_total", link] == 120
    assert found.values["harmony_link_lost_total", link] == 1
    assert found.values["harmony_link_fetches_total", link] == 40
    assert found.values["harmony_bridge_registry_current", (("bridge", "harmony@x"),)] == 1
    assert found.values["harmony_link_silent_seconds", link] == 1.5
    assert found.values["harmony_bridge_spool_events", (("bridge", "harmony@x"),)] == 2
    assert found.values["harmony_parked_events", (("part", "log"),)] == 1
    assert found.values["harmony_http_live_subscribers", ()] == 2
    assert found.values["harmony_stream_subscribers", (("http", "127.0.0.1:8080"), ("transport", "sse"))] == 3


@pytest.mark.pure
def test_names_are_those_of_the_conventions() -> None:
    found = read(render(collect(status(), LOCAL)))
    assert all(found.says.values()), "each says what it is"
    assert set(found.types.values()) <= {"counter", "gauge"}
    for one in ALL:
        assert one.name.endswith("_total") == (one.kind == "counter"), one.name
        assert one.name.startswith("harmony_")
        assert not one.says.endswith(".")
    assert len({one.name for one in ALL}) == len(ALL)


@pytest.mark.pure
def test_each_way_to_lose_an_event_has_a_counter() -> None:
    names = {one.name for one in ALL if one.kind == "counter"}
    for way in (
        "harmony_link_lost_total",
        "harmony_link_gaps_total",
        "harmony_link_overflows_total",
        "harmony_link_missing_events_total",
        "harmony_link_malformed_messages_total",
        "harmony_bridge_parked_events_total",
        "harmony_bridge_dropped_events_total",
        "harmony_bridge_spool_damages_total",
        "harmony_projection_parked_events_total",
    ):
        assert way in names


@pytest.mark.pure
def test_a_part_that_is_not_known_is_told_too() -> None:
    found = read(render(collect(status(), LOCAL)))
    assert found.values["harmony_odd_waiting", (("service", "odd h"),)] == 4
    assert found.values["harmony_odd_by", (("kind", "b"), ("service", "odd h"))] == 2
    assert found.values["harmony_odd_done_total", (("service", "odd h"),)] == 9
    assert found.types["harmony_odd_done"] == "counter"


@pytest.mark.pure
def test_two_bridges_of_one_switch_are_two_links() -> None:
    found = read(render(collect(status(bridge("a@x", "freeswitch@a"), bridge("b@x", "freeswitch@a"), *PARTS), LOCAL)))
    up = [labels for name, labels in found.values if name == "harmony_link_up"]
    assert len(up) == 2


@pytest.mark.pure
def test_with_the_database_away_there_is_what_is_known_without_it() -> None:
    found = read(render(collect_away(LOCAL)))
    assert found.values["harmony_database_up", ()] == 0
    assert found.values["harmony_problem", (("code", "database.away"),)] == 1
    assert found.values["harmony_spool_bytes", (("spool", "bridge"),)] == 4096
    planner = (("follower", "webhook planner"), ("service", "http 127.0.0.1:8080"))
    assert found.values["harmony_follower_trouble", planner] == 1
    assert found.values["harmony_follower_failures_total", planner] == 31
    tokens = (("follower", "tokens"), ("service", "http 127.0.0.1:8080"))
    assert found.values["harmony_follower_trouble", tokens] == 0
    assert ("harmony_follower_trouble_start_timestamp_seconds", tokens) not in found.values


@pytest.mark.pure
def test_labels_cannot_break_out() -> None:
    evil = 'a"} 1\nevil{x="\\'
    text = render(collect(status(bridge("a@x", evil), part(evil, "odd\npart", **{"x\ny": 1.0})), LOCAL))
    found = read(text)
    assert ("harmony_link_up", (("bridge", "a@x"), ("switch", evil))) in found.values
    assert not [name for name, _ in found.values if name.startswith("evil")]


@pytest.mark.http
def test_what_the_server_gives_is_read_by_prometheus(client: httpx.Client, site: Site) -> None:
    services = [bridge("harmony@x", "freeswitch@a"), *PARTS]
    assert site.dsn is not None
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        for one in services:
            connection.execute(
                "INSERT INTO log.service (name, part, host, pid, started_at, updated_at, status)"
                " VALUES (%s, %s, 'h', 1, now(), now(), %s)",
                (one.name, one.part, json.dumps(one.status)),
            )
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == CONTENT_TYPE
    found = read(answer.text)
    given = {name for name, _ in found.values}
    wanted = {one.name for one in ALL}
    # nothing is stored yet, so nothing has an age, and nothing was lost; and nobody has commanded anything
    newest = {f"harmony_loss_newest_{what}_timestamp_seconds" for what in ("start", "end")}
    newest |= {"harmony_spool_bytes", "harmony_spool_files"}  # no bridge has run here
    assert wanted - given == {"harmony_log_newest_age_seconds", "harmony_commands_total", *newest}
