"""What operators did is read back, newest first, by action and by name, and found without a walk through the log."""

from __future__ import annotations

import psycopg
import pytest

from core.log import EventLog
from core.log.driver import connect
from core.log.operations import operations
from core.operating import record_action
from tests.core.made import incoming, numbered

pytestmark = pytest.mark.database


def test_what_was_done_newest_first(log: EventLog, dsn: str) -> None:
    record_action(dsn, "parked.skip", "alice", "parked 1", "noise", {"code": "event.tag"})
    log.append(incoming(numbered(20)))
    record_action(dsn, "parked.retry", "bob", "parked 2", tenant="alpha.example")
    record_action(dsn, "retention.drop", "alice")
    with connect(dsn) as connection:
        found = operations(connection)
        assert [(one.action, one.by) for one in found] == [
            ("retention.drop", "alice"),
            ("parked.retry", "bob"),
            ("parked.skip", "alice"),
        ]
        last = found[-1]
        assert (last.subject, last.reason, last.details, last.tenant) == (
            "parked 1",
            "noise",
            {"code": "event.tag"},
            None,
        )
        assert found[1].tenant == "alpha.example"
        assert [one.action for one in operations(connection, limit=1)] == ["retention.drop"]
        assert [one.by for one in operations(connection, before=found[0].position)] == ["bob", "alice"]
        assert [one.by for one in operations(connection, action="parked.*")] == ["bob", "alice"]
        assert [one.action for one in operations(connection, by="alice", limit=1)] == ["retention.drop"]
        assert not operations(connection, action="parked")


def test_it_is_found_by_an_index(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT position FROM log.switch_event WHERE topic = 'CUSTOM harmony::operator' AND position < 9"
            " ORDER BY position DESC LIMIT 5"
        ).fetchall()
    assert any("switch_event_operator" in line for (line,) in plan)
