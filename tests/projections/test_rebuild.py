"""A rebuild beside the tables that serve: what it finds, what it leaves alone, and the swap."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from core.log.eventlog import EventLog
from projections.errors import RebuildRunning
from projections.progress import Progress
from projections.query import delta, get_call, snapshot
from projections.rebuild import Difference, Rebuild, rebuild
from projections.runner import Runner
from tests.projections.conftest import FAKE, FoldUnderTest
from tests.projections.fake_fold import FakeFold
from tests.projections.filling import events_of, tables
from tests.projections.test_runner import running, scalar

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]


def other_fold() -> FakeFold:
    """A later version of the fold: it tells what was dialled otherwise."""
    return FakeFold("#")


def shape(connection: Connection, schema: str) -> list[Any]:
    """Everything that defines the tables of a schema."""
    columns = connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
        " WHERE table_schema = %s ORDER BY 1, 2",
        [schema],
    ).fetchall()
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1", [schema]
    ).fetchall()
    comments = connection.execute(
        "SELECT c.relname, d.objsubid, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid"
        " WHERE c.relnamespace = %s::regnamespace ORDER BY 1, 2",
        [schema],
    ).fetchall()
    return [*columns, *indexes, *comments]


def test_the_same_fold_finds_no_difference_and_makes_the_same_tables(
    recorded: str, connection: Connection, fold: FoldUnderTest
) -> None:
    Runner(recorded, fold.make, fold.topics).run_once()
    before, defined = tables(recorded), shape(connection, "calls")
    seen: list[Progress] = []
    found: list[Difference] = []
    outcome = rebuild(recorded, fold.make, fold.topics, seen.append, found.append)
    assert found == []
    assert (outcome.changed, outcome.added, outcome.gone, outcome.swapped) == (0, 0, 0, True)
    assert outcome.calls == scalar(connection, "SELECT count(*) FROM calls.call")
    assert seen[-1].position == outcome.position == scalar(connection, "SELECT max(position) FROM log.switch_event")
    assert seen[-1].rate > 0
    assert seen[-1].seconds_left == 0
    assert tables(recorded) == before
    assert shape(connection, "calls") == defined
    assert scalar(connection, "SELECT generation FROM log.projection WHERE name = 'calls'") == 2
    assert scalar(connection, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^calls_'") == 0
    assert scalar(connection, "SELECT count(*) FROM cdr.cdr_segment") == len(before["calls.segment"])


def test_each_call_that_changes_is_told_and_published_and_keeps_its_id(recorded: str, connection: Connection) -> None:
    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    ids = connection.execute("SELECT call_id FROM calls.call ORDER BY 1").fetchall()
    events = scalar(connection, "SELECT count(*) FROM log.call_event")
    found: list[Difference] = []
    outcome = rebuild(recorded, other_fold, FAKE.topics, differs=found.append)
    assert outcome.changed == len(found) == len(ids)
    assert all(set(difference.fields()) == {"dialled"} for difference in found)
    was, now = found[0].fields()["dialled"]
    assert now == f"{was}#"
    assert connection.execute("SELECT call_id FROM calls.call ORDER BY 1").fetchall() == ids
    assert scalar(connection, "SELECT count(*) FROM calls.call WHERE dialled NOT LIKE '%#'") == 0
    corrected = "SELECT count(DISTINCT originator_id) FROM log.call_event WHERE topic = 'call.corrected'"
    assert scalar(connection, corrected) == len(ids)
    assert scalar(connection, "SELECT count(*) FROM log.call_event") == events + len(ids)


def test_the_first_set_serves_until_the_swap_and_stays_when_there_is_none(
    recorded: str, connection: Connection
) -> None:
    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    before = tables(recorded)
    with Rebuild(recorded, other_fold, FAKE.topics).session() as work:
        work.derive()
        assert tables(recorded) == before
        with pytest.raises(RebuildRunning), Rebuild(recorded, other_fold, FAKE.topics).session():
            pass
        assert list(work.compare())
        assert work.discard().swapped is False
    assert tables(recorded) == before
    assert scalar(connection, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^calls_'") == 0
    assert scalar(connection, "SELECT count(*) FROM log.projection WHERE name LIKE 'calls%'") == 1


def test_a_rebuild_that_was_killed_is_cleared_away_by_the_next(recorded: str, connection: Connection) -> None:
    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    with Rebuild(recorded, other_fold, FAKE.topics).session() as work:
        work.derive()
    assert rebuild(recorded, FAKE.make, FAKE.topics).changed == 0


def test_live_calls_go_on_across_the_swap_under_a_running_projection(
    new_dsn: Callable[[], str], fold: FoldUnderTest
) -> None:
    plain, rebuilt = new_dsn(), new_dsn()
    first, second = events_of("13-*")[:110], events_of("13-*")[110:]
    with EventLog(plain) as log:
        log.append([*first, *second])
    Runner(plain, fold.make, fold.topics).run_once()

    runner = Runner(rebuilt, fold.make, fold.topics)
    with EventLog(rebuilt) as log, psycopg.connect(rebuilt, autocommit=True) as connection, running(runner) as wait_for:
        log.append(first)
        wait_for(log.head())
        mark = snapshot(connection).mark
        with Rebuild(rebuilt, fold.make, fold.topics).session() as work:
            work.derive()
            assert list(work.compare()) == []
            # More comes between the comparison and the swap: it is caught up under the lock.
            log.append(second[:20])
            wait_for(log.head())
            outcome = work.swap()
        assert outcome.changed == 0
        after = delta(connection, mark)
        assert after.reset
        log.append(second[20:])
        wait_for(log.head())
    assert tables(rebuilt, fold.same) == tables(plain, fold.same)
    with psycopg.connect(rebuilt) as connection:
        twice = "SELECT count(*) - count(DISTINCT event_id) FROM log.call_event"
        assert scalar(connection, twice) == 0


def test_a_reader_in_the_middle_of_an_answer_finishes_it(recorded: str) -> None:
    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    with psycopg.connect(recorded) as reader:
        cursor = reader.cursor(name="slow")
        cursor.itersize = 1
        cursor.execute("SELECT dialled FROM calls.call")
        first = cursor.fetchone()
        with Rebuild(recorded, other_fold, FAKE.topics).session() as work:
            work.derive()
            list(work.compare())
            work.swap(drop=False)
        rest = cursor.fetchall()
        cursor.close()
        assert first is not None
        assert not any(str(dialled).endswith("#") for (dialled,) in [first, *rest])
        reader.commit()
        assert all(str(row[0]).endswith("#") for row in reader.execute("SELECT dialled FROM calls.call").fetchall())


def test_every_file_of_the_schema_can_be_run_under_another_name() -> None:
    from projections.rebuild import SQL_FILES, second_set

    for path in SQL_FILES.glob("*_calls_*.sql"):
        text = second_set(path.read_text(encoding="utf-8"))
        statements = re.sub(r"--.*|'[^']*'", "", text)
        assert not re.search(r"\bcalls\b", statements), path.name
        assert "calls_next" in statements, path.name


def test_a_call_is_found_by_its_first_id_after_it_became_part_of_another(recorded: str, connection: Connection) -> None:
    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    rebuild(recorded, FAKE.make, FAKE.topics)
    row = connection.execute("SELECT alias, call_id FROM calls.alias").fetchone()
    assert row is not None
    alias, call_id = str(row[0]), str(row[1])
    found = get_call(connection, alias)
    assert found is not None
    assert found.call_id == call_id
