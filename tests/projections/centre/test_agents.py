"""Agents by rule: a few changes in, the stretches out."""

from __future__ import annotations

import random

import pytest

from projections.centre.agents import Change, Stretch, stretches

pytestmark = pytest.mark.pure

AGENT = "1003@alpha.example"


def status(at: int, says: str) -> Change:
    return Change(at, at, AGENT, "pbx1", at, status=says)


def state(at: int, says: str) -> Change:
    return Change(at, at, AGENT, "pbx1", at, state=says)


def offer(at: int, leg: str) -> Change:
    return Change(at, at, AGENT, "pbx1", at, leg=leg, queue="support@alpha.example")


def shown(found: list[Stretch]) -> list[tuple[int, int | None, str | None, str | None, str | None]]:
    return [(one.started_at, one.ended_at, one.status, one.state, one.leg) for one in found]


DAY = [
    status(1, "Available"),
    state(2, "Waiting"),
    offer(3, "leg-1"),
    state(4, "Receiving"),
    state(5, "In a queue call"),
    state(9, "Waiting"),
    status(10, "On Break"),
    status(12, "On Break"),
    status(13, "Logged Out"),
]
LIVED = [
    (1, 2, "Available", None, None),
    (2, 3, "Available", "Waiting", None),
    (3, 4, "Available", "Waiting", "leg-1"),
    (4, 5, "Available", "Receiving", "leg-1"),
    (5, 9, "Available", "In a queue call", "leg-1"),
    (9, 10, "Available", "Waiting", None),
    (10, 13, "On Break", "Waiting", None),
    (13, None, "Logged Out", "Waiting", None),
]


def test_what_a_change_does_not_say_goes_on() -> None:
    assert shown(stretches(None, DAY)) == LIVED


def test_a_change_that_says_nothing_new_begins_nothing() -> None:
    assert len(stretches(None, [state(1, "Waiting"), state(2, "Waiting")])) == 1


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_in_which_they_came(seed: int) -> None:
    changes = list(DAY)
    random.Random(seed).shuffle(changes)
    assert shown(stretches(None, changes)) == LIVED


@pytest.mark.parametrize("cut", range(1, len(DAY)))
def test_whatever_was_known_before(cut: int) -> None:
    before = stretches(None, DAY[:cut])
    again = before[:-1] + stretches(before[-1], DAY[cut:])
    assert shown(again) == LIVED
