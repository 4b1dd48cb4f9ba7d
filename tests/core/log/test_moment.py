"""An instant is found among positions, holes and all."""

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.log.moment import stored_at, stored_before

pytestmark = pytest.mark.database

_ROW = (
    "INSERT INTO log.switch_event (position, originator_id, originator_version, occurred_at, stored_at, topic, state)"
    " SELECT p, gen_random_uuid(), 1, now(), to_timestamp(s / 1e6), 'T', ''"
    " FROM unnest(%s::int[], %s::bigint[]) AS u (p, s)"
)
SECOND = 1_000_000


@pytest.fixture
def connection(dsn: str) -> Any:
    with psycopg.connect(dsn, autocommit=True) as opened:
        yield opened


def test_in_an_empty_log_there_is_nothing_before(connection: psycopg.Connection[Any]) -> None:
    assert stored_before(connection, 10**15) == 0
    assert stored_at(connection, 5) is None


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    positions=st.sets(st.integers(1, 60), min_size=1),
    steps=st.lists(st.integers(0, 3), min_size=60, max_size=60),
    at=st.integers(0, 200),
)
def test_it_is_what_a_look_at_every_row_finds(
    connection: psycopg.Connection[Any], positions: set[int], steps: list[int], at: int
) -> None:
    ordered = sorted(positions)
    times = [sum(steps[: n + 1]) * SECOND for n in range(len(ordered))]
    connection.execute("TRUNCATE log.switch_event")
    connection.execute(_ROW.encode(), (ordered, times))
    found = stored_before(connection, at * SECOND)
    before = [position for position, time in zip(ordered, times, strict=True) if time < at * SECOND]
    behind = [position for position in ordered if position not in before]
    # Whatever lies in a hole stands for the same place.
    assert (max(before, default=0)) <= found
    assert all(found < position for position in behind)
    if before:
        assert stored_at(connection, found) == times[len(before) - 1]
