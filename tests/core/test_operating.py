"""What operators did stands in the log, with the deed or not at all."""

import json

import psycopg
import pytest

from core.log import EventLog
from core.operating import record_action

pytestmark = pytest.mark.database


def test_an_action_is_an_event_without_a_leg(dsn: str, log: EventLog) -> None:
    record_action(
        dsn, "replay", "alice", "file x.etf", "a customer asked", {"events": 3, "büro": True}, "alpha.example"
    )
    (event,) = log.read(0, 10)
    assert event.topic == "CUSTOM harmony::operator"
    assert event.leg is None
    assert [event.get(f"Harmony-{name}") for name in ("Action", "By", "Tenant", "Subject", "Reason")] == [
        "replay",
        "alice",
        "alpha.example",
        "file x.etf",
        "a customer asked",
    ]
    assert json.loads(event.get("Harmony-Details") or "") == {"events": 3, "büro": True}


def test_many_actions_of_a_process_are_many_events(dsn: str, log: EventLog) -> None:
    for action in ("parked.skip", "parked.skip", "import"):
        record_action(dsn, action, "operator")
    assert [event.get("Harmony-Action") for event in log.read(0, 10)] == ["parked.skip", "parked.skip", "import"]
    assert len({event.run for event in log.read(0, 10)}) == 1


def test_with_the_callers_transaction_the_record_comes_and_goes(dsn: str, log: EventLog) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        with connection.transaction(force_rollback=True):
            record_action(connection, "retention.drop", "operator")
        with connection.transaction():
            record_action(connection, "retention.drop", "operator", reason="second")
    assert [event.get("Harmony-Reason") for event in log.read(0, 10)] == ["second"]
