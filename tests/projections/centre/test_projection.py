"""Agents in the tables, from recorded queues: whatever the pages, whatever comes late, beside the calls."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from core.log.eventlog import EventLog
from projections.centre import NAME, CentreProjection
from projections.runner import Runner
from tests.projections.filling import events_of, import_captures, made_event

pytestmark = pytest.mark.database

QUEUES = ("30-*", "31-*", "200-*", "206-*", "209-*", "231-*")
AGENTS = "SELECT agent, status, state, queue FROM cdr.cdr_agent_state WHERE agent LIKE %s ORDER BY started_at, position"


def folded(dsn: str, page: int = 2000) -> int:
    progress = Runner.of(dsn, CentreProjection(), page=page).run_once()
    return progress.position


def rows(dsn: str, table: str = "centre.agent_state") -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY agent, switch, started_at, version").fetchall()


def test_what_an_agent_lived(dsn: str) -> None:
    with EventLog(dsn) as log:
        import_captures(log, "30-*")
        assert folded(dsn) == log.head()
    with psycopg.connect(dsn) as connection:
        lived = connection.execute(AGENTS, ["1003@%"]).fetchall()
    states = [state for _, _, state, _ in lived]
    assert "Receiving" in states
    assert "In a queue call" in states
    assert states[-1] == "Waiting"
    assert {queue for _, _, state, queue in lived if state == "In a queue call"} == {"support@alpha.example"}


def test_pages_make_no_difference(new_dsn: Any) -> None:
    found = []
    for page in (1, 3, 2000):
        dsn = new_dsn()
        with EventLog(dsn) as log:
            import_captures(log, *QUEUES)
        folded(dsn, page)
        found.append(rows(dsn))
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_what_comes_late_takes_its_place(dsn: str) -> None:
    def said(sequence: int, action: str, **more: str) -> Any:
        headers = {"CC_Agent": "1003@alpha.example", "CC_Action": action, **more}
        return made_event("callcenter::info", sequence, **headers)

    first, late, last = (
        said(1, "agent-state-change", CC_Agent_State="Waiting"),
        said(2, "agent-status-change", CC_Agent_Status="On Break"),
        said(3, "agent-state-change", CC_Agent_State="Idle"),
    )
    with EventLog(dsn) as log:
        for one in (first, last, late):
            log.append([one])
            folded(dsn)
    with psycopg.connect(dsn) as connection:
        lived = connection.execute(AGENTS, ["1003@%"]).fetchall()
    assert [(status, state) for _, status, state, _ in lived] == [
        (None, "Waiting"),
        ("On Break", "Waiting"),
        ("On Break", "Idle"),
    ]


def test_a_name_that_no_table_takes_is_parked(dsn: str) -> None:
    bad = made_event("callcenter::info", 1, CC_Agent="10\x0003", CC_Action="agent-state-change", CC_Agent_State="Idle")
    with EventLog(dsn) as log:
        log.append([bad, *events_of("30-*")])
        assert folded(dsn) == log.head()
    assert rows(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT part FROM log.parked_event").fetchall() == [(NAME,)]
