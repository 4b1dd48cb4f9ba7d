"""Losses by switch, over all bridges: what one bridge missed is no loss where another one was listening."""

from __future__ import annotations

import pytest

from core import own_event as own
from core.event import SwitchEvent, identify, version_of
from projections.verify import Heard, Loss, Losses

pytestmark = pytest.mark.pure
SWITCH = "freeswitch@pbx1"
START = 1_795_000_000_000_000
SECOND = 1_000_000
A, B = "harmony-a@pbx", "harmony-b@pbx"


class Log:
    """Own events of bridges, one after the other; seconds since START."""

    def __init__(self) -> None:
        self.events: list[SwitchEvent] = []

    def add(self, name: str, bridge: str, at: float, **headers: int | str) -> None:
        position = len(self.events) + 1
        named: dict[str, int | str] = {"Harmony_Node": bridge} if bridge else {}
        told = own.own_event(name, f"run-of-{bridge}", position, instant(at), Harmony_Switch=SWITCH, **named, **headers)
        who = identify(told)
        version = version_of(1, position)
        self.events.append(SwitchEvent(position, who.stream, version, who.topic, who.occurred_at, 0, SWITCH, told))

    def up(self, bridge: str, at: float, since: float | None = None) -> None:
        before = {} if since is None else {"Harmony_Since": instant(since)}
        self.add(own.LINK_UP, bridge, at, Harmony_Until=instant(at), **before)

    def down(self, bridge: str, since: float, at: float | None = None) -> None:
        until = since if at is None else at
        self.add(own.LINK_DOWN, bridge, until, Harmony_Since=instant(since), Harmony_Until=instant(until))

    def gap(self, bridge: str, since: float, until: float, missing: int, name: str = own.GAP) -> None:
        times = {"Harmony_Since": instant(since), "Harmony_Until": instant(until)}
        self.add(name, bridge, until, Harmony_Missing=missing, **times)

    def losses(self, *heard: Heard) -> list[tuple[str, float, float | None, int | None]]:
        """Kind, from, until and how many of each loss."""
        found = Losses()
        for event in self.events:
            found.take(event)
        found.settle(heard)
        return [(one.kind, second(one.since), ended(one), one.missing) for one in found.all()]


def instant(at: float) -> int:
    return START + int(at * SECOND)


def second(at: int) -> float:
    return (at - START) / SECOND


def ended(one: Loss) -> float | None:
    return None if one.until is None else second(one.until)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.mark.parametrize("bridge", [A, ""])
def test_of_one_bridge_every_time_without_a_link_is_a_loss(log: Log, bridge: str) -> None:
    log.up(bridge, 0)
    log.down(bridge, 10, 12)
    log.up(bridge, 20, since=10)
    assert log.losses() == [("link", 10, 20, None)]


def test_what_the_other_bridge_heard_was_not_lost(log: Log) -> None:
    log.up(A, 0)
    log.up(B, 1, since=0.9)
    log.down(A, 10, 12)
    log.up(A, 20, since=19.9)
    log.gap(A, 20, 40, 482)
    log.gap(B, 50, 60, 7, own.OVERFLOW)
    assert log.losses() == []


def test_what_neither_heard_is_one_loss(log: Log) -> None:
    log.up(A, 0)
    log.up(B, 1)
    log.down(A, 10)
    log.down(B, 15.001)
    log.up(B, 30, since=15.001)
    log.up(A, 40, since=39.9)
    assert log.losses() == [("link", 15.001, 30, None)]


def test_the_switch_dies_for_both_at_once(log: Log) -> None:
    for bridge in (A, B):
        log.up(bridge, 0)
    log.down(A, 10, 11)
    log.down(B, 10.5, 11)
    log.up(A, 30, since=10)
    log.up(B, 31, since=29)
    assert log.losses() == [("link", 10.5, 30, None)]


def test_a_gap_that_both_tell_is_one_and_at_most_what_the_luckier_lost(log: Log) -> None:
    for bridge in (A, B):
        log.up(bridge, 0)
    log.gap(A, 20, 40, 12)
    log.gap(B, 20, 40, 5)
    assert log.losses() == [("gap", 20, 40, 5)]


def test_a_gap_half_of_which_the_other_heard(log: Log) -> None:
    log.up(A, 0)
    log.up(B, 0)
    log.down(B, 30)
    log.gap(A, 20, 40, 12)
    told = [("link", 30, 40, None), ("gap", 30, 40, None)]
    assert log.losses() == told, "how many of them fall into what is left is not known"


def test_a_bridge_that_was_killed_and_came_again(log: Log) -> None:
    """Its successor tells the end in its place."""
    log.up(A, 0)
    log.up(B, 0)
    log.down(B, 15)
    log.up(B, 18, since=15)
    log.down(A, 10, 40)  # told at 40: it had been killed at 10
    log.up(A, 41, since=40)
    assert log.losses() == [("link", 15, 18, None)]


def test_a_bridge_that_was_killed_and_is_away_is_known_by_its_last_report(log: Log) -> None:
    log.up(A, 0)
    dead = Heard(A, SWITCH, instant(0), instant(33))
    assert log.losses(dead) == [("link", 33, None, None)]
    log.up(B, 20)  # and another one hears it
    assert log.losses(dead, Heard(B, SWITCH, instant(20), None)) == []


def test_a_bridge_that_was_retired_hears_nothing_for_the_other(log: Log) -> None:
    log.up(A, 0)
    log.up(B, 0)
    log.down(B, 50)
    log.up(B, 60, since=50)
    assert log.losses(Heard(A, SWITCH, instant(0), instant(33))) == [("link", 50, 60, None)]


def test_a_link_whose_begin_is_not_kept_any_more_is_known_by_the_report(log: Log) -> None:
    log.down(A, 10)
    log.up(A, 20, since=10)
    assert log.losses() == [("link", 10, 20, None)]
    assert log.losses(Heard(B, SWITCH, instant(5), None)) == []


def test_a_log_that_names_no_bridge_covers_nobody(log: Log) -> None:
    """An imported capture, or events of an older version, beside a bridge of today."""
    log.up("", 0)
    log.up(A, 5)
    log.down(A, 10)
    log.up(A, 20, since=10)
    assert log.losses() == [("link", 10, 20, None)]


def test_a_damaged_spool_is_a_loss_of_the_switches_that_no_other_bridge_heard(log: Log) -> None:
    damaged = {"Harmony_Since": instant(10), "Harmony_Until": instant(20), "Harmony_Damaged_Bytes": 9}
    log.up(A, 0)
    log.add(own.SPOOL_USED, "", 20, **damaged)
    spool = log.events[-1]
    log.events[-1] = SwitchEvent(
        spool.position, spool.stream, spool.version, spool.topic, spool.occurred_at, 0, A, spool.term
    )
    assert log.losses() == [("spool", 10, 20, None)]
    log.up(B, 0)
    assert log.losses() == []
