"""`harmony events tail` over both logs: the same filters and cursors as over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.api.conftest import Site, capture, until

pytestmark = pytest.mark.http


def test_calls_are_followed_with_filters_and_by_cursor(filled: Callable[..., Site]) -> None:
    site = filled("01", "30")
    tail = ("events", "tail", "--log", "calls", "--once")
    whole = site.ok(*tail, "--after", "beginning", "--json").lines
    assert whole[0]["type"] == "call.started"
    assert site.ok(*tail, "--after", whole[3]["cursor"], "--json").lines == whole[4:]
    assert site.ok(*tail, "--after", "5", "--json").lines == whole[5:]
    ended = site.ok(*tail, "--after", "1h", "--types", "call.ended,call.merged", "--party", "1002", "--json").lines
    assert {event["type"] for event in ended} <= {"call.ended", "call.merged"}
    assert 0 < len(ended) < len(whole)
    line = site.ok(*tail, "-n", "1").out
    assert whole[-1]["subject"] in line
    assert whole[-1]["type"] in line


def test_the_raw_log_takes_types_legs_and_times(site: Site) -> None:
    site.ok("events", "import", capture("01"))
    tail = ("events", "tail", "--once", "--json")
    answers = site.ok(*tail, "--after", "0", "--types", "freeswitch.CHANNEL_ANSWER").lines
    assert answers == site.ok(*tail, "--after", "beginning", "--topic", "CHANNEL_ANSWER").lines
    leg = answers[0]["leg"]
    of_leg = site.ok(*tail, "--after", "2020-01-01", "--call", leg).lines
    assert {event["leg"] for event in of_leg} == {leg}
    assert site.ok(*tail, "--after", "now").lines == []


def test_the_last_ones_are_the_last_of_those_that_are_asked_for(site: Site) -> None:
    site.ok("events", "import", capture("01"))
    tail = ("events", "tail", "--once", "--json")
    whole = site.ok(*tail, "--after", "0").lines
    for types in ("freeswitch.CHANNEL_CREATE", "freeswitch.CUSTOM.*", None):
        asked = () if types is None else ("--types", types)
        some = whole if types is None else site.ok(*tail, "--after", "0", *asked).lines
        assert site.ok(*tail, *asked, "-n", "1").lines == some[-1:]
        assert site.ok(*tail, *asked, "-n", "100000").lines == some
    assert site.ok(*tail, "-n", "0").lines == []


def test_what_is_new_is_shown_as_it_comes(filled: Callable[..., Site], site: Site) -> None:
    tail = site.start("events", "tail", "--log", "calls", "--after", "beginning", "--types", "call.ended", "--json")
    filled("01")
    found = tail.says("call.ended")
    assert json.loads(found.string)["data"]["outcome"] == "answered"
    assert tail.stop(2) == 0


def test_it_goes_on_when_its_connections_break(
    filled: Callable[..., Site], site: Site, connection: psycopg.Connection[Any]
) -> None:
    tail = site.start("events", "tail", "--log", "calls", "--after", "beginning", "--types", "call.ended", "--json")
    filled("01")
    tail.says("call.ended")
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    tail.says("events tail is in trouble and tries again")
    filled("13")
    until(lambda: sum("call.ended" in line for line in list(tail.said)) >= 2, "the next call")
    assert tail.stop(2) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--queue", "support"], "queue means nothing for raw switch events"),
        (["--log", "calls", "--topic", "CHANNEL_ANSWER"], "--topic is for the raw log"),
        (["--log", "calls", "--types", "call.nothing"], "'call.nothing' is no type of event"),
        (["--after", "rubbish"], "'rubbish' is no cursor"),
    ],
)
def test_what_cannot_be_is_one_sentence(site: Site, arguments: list[str], says: str) -> None:
    done = site.run("events", "tail", "--once", *arguments)
    assert done.code == 2
    assert says in done.err
