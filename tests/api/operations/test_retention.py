"""Retention as operators and the daily run apply it, and what is told of it."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from api.operations import retention
from api.operations.retention import Retainer
from core.log import EventLog
from core.settings import load
from tests.api.conftest import Site, until

pytestmark = pytest.mark.database


@pytest.fixture
def aged(filled: Callable[..., Site], connection: psycopg.Connection[Any]) -> Site:
    """196 events of ten days ago, the rest of today."""
    site = filled("13", "01")
    connection.execute("UPDATE log.switch_event SET stored_at = stored_at - interval '10 days' WHERE position <= 196")
    return site


def test_by_default_everything_is_kept(aged: Site) -> None:
    assert load({}).keep_switch_events == "forever"
    assert load({"HARMONY_KEEP_SWITCH_EVENTS": "30"}).keep_switch_events == 30
    shown = aged.ok("retention", "show", "--json").json
    assert (shown["keep_days"], shown["dropped"], shown["would_drop"]) == (None, 0, 0)
    refused = aged.run("retention", "apply")
    assert refused.code == 2
    assert "kept for ever" in refused.err


def test_a_dry_run_tells_and_the_real_one_does_it(aged: Site, connection: psycopg.Connection[Any]) -> None:
    aged.env["HARMONY_KEEP_SWITCH_EVENTS"] = "7"
    calls = connection.execute("SELECT call_id, document::text FROM calls.call ORDER BY 1").fetchall()
    told = aged.ok("retention", "apply", "--dry-run", "--json").json
    assert (told["would_drop"], told["upto"], told["floor"]) == (196, 196, 0)
    done = aged.ok("retention", "apply", "--reason", "the policy of 2026").out
    stayed = told["events"] - 196 + 1  # the drop is an event itself
    assert done == (
        f"196 switch events older than 7 days were dropped; {stayed} stayed.\n"
        "All events behind position 196 are there.\n"
    )
    assert aged.ok("retention", "show", "--json").json["would_drop"] == 0
    assert "196 have been dropped, up to position 196" in aged.ok("retention", "show").out
    (act,) = aged.ok("events", "export", "--topic", "CUSTOM harmony::operator").lines
    assert act["headers"]["Harmony-Action"] == "retention.drop"
    assert act["headers"]["Harmony-Reason"] == "the policy of 2026"
    assert json.loads(act["headers"]["Harmony-Details"]) == {"keep_days": 7.0, "upto": 196}
    # Calls stay, also when they are told again; and what is left is sound.
    aged.ok("project", "--once")
    read = aged.ok("rebuild", "calls", "--json").json["events"]
    assert 0 < read <= stayed, "what has been dropped is not read, and not counted"
    assert connection.execute("SELECT call_id, document::text FROM calls.call ORDER BY 1").fetchall() == calls
    assert "nothing wrong" in aged.ok("events", "verify").out


def test_when_nothing_is_old_enough_nothing_is_recorded(aged: Site, log: EventLog) -> None:
    head = log.head()
    told = aged.ok("retention", "apply", "--keep", "30", "--json").json
    assert told == {"dropped": 0, "stayed": head, "floor": 0, "unread": False}
    assert log.head() == head


def test_a_whole_log_goes_by_an_explicit_word_only(aged: Site, connection: psycopg.Connection[Any]) -> None:
    connection.execute("UPDATE log.switch_event SET stored_at = stored_at - interval '10 days'")
    refused = aged.run("retention", "apply", "--keep", "1")
    assert (refused.code, "--everything" in refused.err) == (2, True)
    assert aged.ok("retention", "apply", "--keep", "1", "--everything", "--json").json["stayed"] == 1


@pytest.mark.parametrize("keep", ["-1", "0", "0.5", "nan", "1e9"])
def test_odd_numbers_of_days_are_refused(site: Site, keep: str) -> None:
    done = site.run("retention", "apply", f"--keep={keep}")
    assert done.code == 2
    assert "is no number of days" in done.err


def test_the_projection_process_applies_it(aged: Site, log: EventLog) -> None:
    aged.env["HARMONY_KEEP_SWITCH_EVENTS"] = "7"
    projecting = aged.start("project")
    until(lambda: log.get(196) is None, "the drop")
    assert projecting.stop() == 0
    assert log.read(0, 1)[0].position == 197


def test_once_a_day(aged: Site, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert aged.dsn is not None
    applied: list[float] = []

    def apply(connection: object, days: float, *more: object) -> retention.Applied:
        applied.append(days)
        return retention.Applied(0, 0, False)

    monkeypatch.setattr(retention, "apply", apply)
    retainer = Retainer(aged.dsn, 7)
    retainer._look(connection)
    assert len(applied) == 1
    for ago, more in (("1 hour", 0), ("25 hours", 1)):
        connection.execute(f"UPDATE log.retention SET applied_at = now() - interval '{ago}'".encode())
        retainer._look(connection)
        assert len(applied) == 1 + more
