"""Followers in trouble, as the parts report them: named with since when and why, once it lasts."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from api.health.followers import followers, problems
from api.health.services import Service
from core.following import Standing
from core.following.course import HANGS

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def part(*standings: Standing, age: float = 1.0, name: str = "bridge h@x") -> Service:
    status = {"followers": [msgspec.to_builtins(one) for one in standings]}
    return Service(name, "bridge", "host", 1, NOW, NOW, False, status, age)


def stuck(name: str, seconds: float, why: str = "OSError: no way") -> Standing:
    return Standing(name, why, NOW.timestamp() - seconds, tries=7, failures=9)


def test_a_trouble_that_lasts_is_a_problem() -> None:
    (problem,) = problems([part(stuck("wishes", 61), Standing("command hints"))])
    assert problem.code == "follower.trouble"
    assert problem.sentence == (
        "bridge h@x: wishes is in trouble for 61 s (7 tries) and goes on trying: OSError: no way."
    )


def test_a_moment_is_none_and_nothing_is_said_twice() -> None:
    assert not list(problems([part(stuck("wishes", 1)), part(stuck("registry", 60), stuck("log-committer", 60))]))


def test_what_a_part_said_long_ago_does_not_count() -> None:
    assert not list(followers([part(stuck("wishes", 60), age=100)]))


def test_who_hangs_is_named_since_when_also_where_a_trouble_would_be_told_otherwise() -> None:
    hung = Standing("projection calls", HANGS, NOW.timestamp() - 75)
    (problem,) = problems([part(hung)])
    assert "projection calls hangs: a step of it began 75 s ago and is not done." in problem.sentence


def test_for_programs() -> None:
    (one,) = followers([part(stuck("wishes", 61))])
    assert one.document() == {
        "service": "bridge h@x",
        "follower": "wishes",
        "trouble": "OSError: no way",
        "since": "2026-11-22T23:58:59+00:00",
        "tries": 7,
        "failures": 9,
        "put_aside": 0,
    }


def test_another_version_may_say_something_else() -> None:
    odd = Service("x", "http", "host", 1, NOW, NOW, False, {"followers": [{"name": 3}, "?"]}, 1.0)
    assert not list(problems([odd]))
