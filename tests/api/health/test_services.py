"""What a part reports of itself: also when it cannot say how it is, and how its followers fare."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from api.health.services import SELECT, Reporter, Service, service_of
from tests.api.conftest import until

pytestmark = pytest.mark.database


def reported(connection: psycopg.Connection[Any]) -> Service | None:
    rows = connection.execute(SELECT).fetchall()
    return service_of(rows[0]) if rows else None


def test_a_part_that_cannot_say_how_it_is_reports_all_the_same(dsn: str, connection: psycopg.Connection[Any]) -> None:
    def describe() -> dict[str, Any]:
        raise OverflowError("too large")

    reporter = Reporter(dsn, "bridge x", "bridge", describe)
    reporter.start()
    try:
        found = until(lambda: reported(connection), "a report")
        assert found.state == "running"
        assert "OverflowError: too large" in found.status["trouble"]
        assert "report" in {one["name"] for one in found.status["followers"]}
    finally:
        assert reporter.stop(30)
    ended = reported(connection)
    assert ended is not None
    assert ended.state == "stopped"


def test_its_connection_may_break(dsn: str, connection: psycopg.Connection[Any]) -> None:
    reporter = Reporter(dsn, "bridge x", "bridge", dict)
    reporter.start()
    try:
        first = until(lambda: reported(connection), "a report")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'harmony report'"
            " AND datname = current_database()"
        )
        until(lambda: reporter.standing.failures, "a failure")
        until(lambda: (found := reported(connection)) and found.updated_at > first.updated_at, "another report")
    finally:
        assert reporter.stop(30)
