"""Old events go, calls stay: what may be dropped, what a rebuild makes of it, and who is never robbed."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from core.event import stream_of
from core.log.eventlog import EventLog
from core.log.retention import drop, oldest
from core.log.verify import Finding, verify
from projections.callflow import TOPICS, CallFold
from projections.centre import CentreProjection
from projections.rebuild import Rebuild, rebuild
from projections.retention import DAY, Droppable, droppable, weigh
from projections.runner import Runner
from tests.projections.conftest import FAKE, FoldUnderTest
from tests.projections.filling import READ_MODELS, events_of, import_captures, tables
from tests.projections.test_rebuild import other_fold
from tests.projections.test_runner import scalar

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
FIRST, REST = events_of("13-*")[:110], events_of("13-*")[110:]
"""a call with a transfer, cut while it lives"""


@pytest.fixture
def log(dsn: str) -> Iterator[EventLog]:
    with EventLog(dsn) as opened:
        yield opened


def fold_all(dsn: str) -> None:
    Runner(dsn, CallFold, TOPICS).run_once()
    Runner.of(dsn, CentreProjection()).run_once()


def in_a_week(connection: Connection) -> Droppable:
    """What would be older than two days in a week."""
    return droppable(connection, 2, time.time_ns() // 1000 + 7 * DAY)


def drop_all(connection: Connection, batch: int = 50) -> int:
    what = in_a_week(connection)
    return drop(connection, what.upto, what.keep, batch=batch)


def test_old_events_go_and_calls_stay(recorded: str, connection: Connection) -> None:
    fold_all(recorded)
    before, head = tables(recorded), scalar(connection, "SELECT max(position) FROM log.switch_event")
    assert oldest(connection) == 0
    weighed = weigh(connection, in_a_week(connection))
    reached: list[tuple[int, int]] = []

    def advance(position: int, gone: int) -> bool:
        reached.append((position, gone))
        return True

    dropped = drop(connection, head, [], advance, batch=100)
    assert dropped == weighed.events == head
    assert reached[0] == (100, 100)
    assert len(reached) == -(-head // 100)
    assert scalar(connection, "SELECT count(*) FROM log.switch_event") == 0
    assert oldest(connection) == head
    assert tables(recorded) == before


def test_what_is_younger_stays(recorded: str, connection: Connection) -> None:
    fold_all(recorded)
    assert droppable(connection, 2).upto == 0
    connection.execute("UPDATE log.switch_event SET stored_at = stored_at - interval '3 days' WHERE position <= 70")
    assert droppable(connection, 2).upto == 70
    assert drop(connection, 70, []) == 70
    assert oldest(connection) == 70
    assert droppable(connection, 2).upto <= 70


def test_what_no_projection_has_read_stays(recorded: str, connection: Connection) -> None:
    assert in_a_week(connection) == Droppable(0, True, [])
    fold_all(recorded)
    connection.execute("UPDATE log.projection SET position = 40")
    assert in_a_week(connection).upto == 40


def test_what_a_rebuild_has_not_read_stays_and_one_that_was_killed_holds_nothing(
    recorded: str, connection: Connection
) -> None:
    fold_all(recorded)
    head = in_a_week(connection).upto
    with Rebuild(recorded, CallFold, TOPICS).session() as work:
        work._prepare()
        assert in_a_week(connection) == Droppable(0, True, [])
        work.derive()
        assert in_a_week(connection).upto == head
        connection.execute("UPDATE log.projection SET position = 7 WHERE name = 'calls_next'")
    assert in_a_week(connection).upto == head


def test_a_call_that_lives_keeps_its_events_until_it_has_ended(dsn: str, log: EventLog, connection: Connection) -> None:
    import_captures(log, "01-*")
    log.append(FIRST)
    fold_all(dsn)
    legs = {
        str(leg)
        for (leg,) in connection.execute(
            "SELECT leg_id FROM calls.leg JOIN calls.call USING (call_id) WHERE live"
        ).fetchall()
    }
    of_them = [event for event in log.read(0, 10_000) if event.leg in legs]
    assert of_them
    drop_all(connection)
    assert log.read(0, 10_000) == of_them
    log.append(REST)
    fold_all(dsn)
    assert scalar(connection, "SELECT count(*) FROM calls.call WHERE live") == 0
    drop_all(connection)
    assert log.read(0, 10_000) == []
    for leg in legs:
        assert log.stream(stream_of(leg)) == []


def test_a_call_goes_on_over_a_drop_and_ends_as_it_would_have(
    dsn: str, log: EventLog, connection: Connection, new_dsn: Any
) -> None:
    plain = new_dsn()
    with EventLog(plain) as other:
        other.append([*FIRST, *REST])
    fold_all(plain)
    log.append(FIRST)
    fold_all(dsn)
    drop_all(connection)
    log.append(REST)
    fold_all(dsn)
    assert tables(dsn, READ_MODELS) == tables(plain, READ_MODELS)
    # And a rebuild, which sees only what was kept of it, takes it over whole.
    outcome = rebuild(dsn, CallFold, TOPICS)
    assert (outcome.changed, outcome.added, outcome.gone, outcome.kept) == (0, 0, 0, 1)
    assert tables(dsn, READ_MODELS) == tables(plain, READ_MODELS)


def test_a_rebuild_takes_over_calls_whose_events_are_gone_and_tells_the_others_anew(
    dsn: str, log: EventLog, connection: Connection
) -> None:
    import_captures(log, "01-*", "42-*")
    Runner(dsn, FAKE.make, FAKE.topics).run_once()
    Runner.of(dsn, CentreProjection()).run_once()
    drop_all(connection)
    kept = {call for (call,) in connection.execute("SELECT call_id FROM calls.call").fetchall()}
    import_captures(log, "10-*")
    Runner(dsn, FAKE.make, FAKE.topics).run_once()
    every = scalar(connection, "SELECT count(*) FROM calls.call")
    assert len(kept) < every
    outcome = rebuild(dsn, other_fold, FAKE.topics)
    assert (outcome.kept, outcome.changed, outcome.gone) == (len(kept), every - len(kept), 0)
    told_anew = "SELECT call_id FROM calls.call WHERE dialled LIKE '%#'"
    assert kept.isdisjoint(call for (call,) in connection.execute(told_anew).fetchall())
    assert scalar(connection, "SELECT count(*) FROM calls.call") == every


def test_after_a_drop_of_everything_a_rebuild_changes_nothing(
    recorded: str, connection: Connection, fold: FoldUnderTest
) -> None:
    Runner(recorded, fold.make, fold.topics).run_once()
    Runner.of(recorded, CentreProjection()).run_once()
    before = tables(recorded)
    drop_all(connection)
    outcome = rebuild(recorded, fold.make, fold.topics)
    assert (outcome.changed, outcome.added, outcome.gone) == (0, 0, 0)
    assert tables(recorded) == before


def test_what_is_left_is_found_sound(recorded: str, connection: Connection) -> None:
    fold_all(recorded)
    drop(connection, 123, [])
    assert [found for found in verify(recorded) if isinstance(found, Finding)] == []


def test_stopped_in_the_middle_it_has_done_what_it_said(recorded: str, connection: Connection) -> None:
    fold_all(recorded)
    assert drop(connection, 100, [], lambda reached, dropped: reached < 40, batch=20) == 40
    assert oldest(connection) == 40
    assert scalar(connection, "SELECT min(position) FROM log.switch_event") == 41
    assert drop(connection, 100, []) == 60
    assert scalar(connection, "SELECT dropped FROM log.retention") == 100
