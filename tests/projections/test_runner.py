"""The runner: pages, restarts, refusals, a second runner, a database that goes away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from core.log.eventlog import EventLog
from projections.runner import Progress, Runner
from tests.projections.conftest import FAKE, FoldUnderTest
from tests.projections.filling import events_of, import_captures, made_event, start_again, tables

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]


def scalar(connection: Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def running(runner: Runner) -> Iterator[Callable[[int], None]]:
    """A runner that follows the log in a thread; gives a function that waits until a position is reached."""
    stop, moved = threading.Event(), threading.Condition()

    def report(_: Progress) -> None:
        with moved:
            moved.notify_all()

    def wait_for(position: int) -> None:
        with moved:
            assert moved.wait_for(lambda: runner.progress.position >= position, 20), runner.progress

    thread = threading.Thread(target=runner.run_forever, args=(stop, report))
    thread.start()
    try:
        yield wait_for
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again, for at most 20 s."""
    over = threading.Event()
    timer = threading.Timer(20, over.set)
    timer.start()
    try:
        while not condition():
            assert not over.wait(0.01), "it did not come about"
    finally:
        timer.cancel()


def test_it_catches_up_and_then_has_nothing_to_do(recorded: str, connection: Connection, fold: FoldUnderTest) -> None:
    seen: list[int] = []
    progress = Runner(recorded, fold.make, fold.topics).run_once(lambda now: seen.append(now.position))
    head = scalar(connection, "SELECT max(position) FROM log.switch_event")
    assert progress.position == head == seen[-1]
    assert progress.events == head
    assert progress.parked == 0
    assert scalar(connection, "SELECT position FROM log.projection WHERE name = 'calls'") == head
    assert scalar(connection, "SELECT count(*) FROM calls.call") >= 6
    before = tables(recorded)
    assert Runner(recorded, fold.make, fold.topics).run_once().events == 0
    assert tables(recorded) == before


@pytest.mark.parametrize("page", [1, 7, 100])
def test_pages_of_any_size_give_the_same_tables(new_dsn: Callable[[], str], fold: FoldUnderTest, page: int) -> None:
    found = []
    for size in (page, 100_000):
        dsn = new_dsn()
        with EventLog(dsn) as log:
            import_captures(log, "13-*", "30-*")
        Runner(dsn, fold.make, fold.topics, page=size).run_once()
        found.append(tables(dsn, fold.same))
    assert found[0] == found[1]


def test_a_restart_between_any_two_pages_changes_nothing(new_dsn: Callable[[], str], fold: FoldUnderTest) -> None:
    whole, cut = new_dsn(), new_dsn()
    for dsn, size in ((whole, 10_000), (cut, 40)):
        with EventLog(dsn) as log:
            for pattern in ("13-*", "24-*"):
                events = events_of(pattern)
                for start in range(0, len(events), size):
                    log.append(events[start : start + size])
                    Runner(dsn, fold.make, fold.topics).run_once()
    assert tables(cut, fold.same) == tables(whole, fold.same)


def test_each_call_event_is_stored_once_and_counted_in_its_call(
    recorded: str, connection: Connection, fold: FoldUnderTest
) -> None:
    Runner(recorded, fold.make, fold.topics, page=50).run_once()
    assert scalar(connection, "SELECT count(*) FROM log.call_event") > 20
    uneven = """
        SELECT count(*) FROM (SELECT originator_id FROM log.call_event GROUP BY 1
        HAVING min(originator_version) <> 1 OR max(originator_version) <> count(*)) AS odd
    """
    assert scalar(connection, uneven) == 0
    assert scalar(connection, "SELECT bool_and(state::text IS NOT NULL) FROM log.call_event")
    behind = """
        SELECT count(*) FROM (SELECT caused_position, lag(caused_position) OVER (ORDER BY position) AS before
        FROM log.call_event) AS pair WHERE caused_position < before
    """
    assert scalar(connection, behind) == 0


def test_it_follows_the_log_as_it_grows(dsn: str, connection: Connection, fold: FoldUnderTest) -> None:
    runner = Runner(dsn, fold.make, fold.topics)
    events = events_of("01-*")
    with EventLog(dsn) as log, running(runner) as wait_for:
        log.append(events[: len(events) // 2])
        wait_for(log.head())
        assert scalar(connection, "SELECT count(*) FROM calls.call WHERE live") == 1
        log.append(events[len(events) // 2 :])
        wait_for(log.head())
        assert scalar(connection, "SELECT count(*) FROM calls.call WHERE NOT live") == 1
        assert scalar(connection, "SELECT count(*) FROM calls.call") == 1


def test_what_changes_is_announced(recorded: str) -> None:
    with psycopg.connect(recorded, autocommit=True) as listener:
        listener.execute("LISTEN harmony_calls")
        Runner(recorded, FAKE.make, FAKE.topics).run_once()
        (told,) = listener.notifies(timeout=10, stop_after=1)
        assert told.payload == "", "everybody who may log in may listen"


def test_a_refused_event_is_parked_with_its_reason_and_the_rest_goes_on(dsn: str, connection: Connection) -> None:
    with EventLog(dsn) as log:
        import_captures(log, "01-*")
        bad = made_event("test::refused", 1, leg="bad-leg")
        log.append([bad])
        position = log.head()
        import_captures(log, "02-*")
    assert Runner(dsn, FAKE.make, FAKE.topics).run_once().parked == 1
    rows = connection.execute("SELECT part, position, code, reason, content FROM log.parked_event").fetchall()
    assert rows == [("calls", position, "test.refused", "This event is refused, for the test of it.", bad.term)]
    assert scalar(connection, "SELECT count(*) FROM calls.call WHERE NOT live") == 2


@pytest.mark.parametrize(
    ("culprit", "code"),
    [
        (made_event("test::crash", 1, leg="bad-leg"), "fold.KeyError"),
        (
            made_event("CHANNEL_CREATE", 1, leg="".join(chr(0x4E00 + n * 7) for n in range(2500))),
            "fold.ProgramLimitExceeded",
        ),
    ],
    ids=["the fold fails", "no index takes the id"],
)
def test_an_event_whose_effects_cannot_be_stored_is_left_out_alone(
    new_dsn: Callable[[], str], culprit: Any, code: str
) -> None:
    clean, harmed = new_dsn(), new_dsn()
    for dsn in (clean, harmed):
        with EventLog(dsn) as log:
            events = events_of("13-*")
            log.append(events[:100])
            if dsn == harmed:
                log.append([culprit])
            log.append(events[100:])
        progress = Runner(dsn, FAKE.make, FAKE.topics).run_once()
        assert progress.parked == (dsn == harmed)
    with psycopg.connect(harmed) as connection:
        assert connection.execute("SELECT code, position FROM log.parked_event").fetchall() == [(code, 101)]
    told = ("calls.segment", "calls.offer", "calls.party", "calls.fold_leg")
    assert tables(harmed, told) == tables(clean, told)


def test_an_event_whose_bytes_are_damaged_is_parked_and_the_rest_goes_on(dsn: str, connection: Connection) -> None:
    with EventLog(dsn) as log:
        import_captures(log, "13-*")
    damaged = "SELECT position FROM log.switch_event WHERE topic = 'CHANNEL_ANSWER' ORDER BY position LIMIT 1"
    position = scalar(connection, damaged)
    connection.execute("UPDATE log.switch_event SET state = 'x' WHERE position = %s", [position])
    # The damaged one is the last of a page, the first, and in the middle of one.
    for page in (1, 2, 3, 5, 1000):
        start_again(connection)
        progress = Runner(dsn, FAKE.make, FAKE.topics, page=page).run_once()
        assert (progress.parked, progress.position) == (
            1,
            scalar(connection, "SELECT max(position) FROM log.switch_event"),
        )
        rows = connection.execute("SELECT part, position, code, content FROM log.parked_event").fetchall()
        assert rows == [("calls", position, "log.bad-state", b"x")]
        assert scalar(connection, "SELECT count(*) FROM calls.call WHERE live") == 0


def test_only_one_of_two_runners_is_at_work_and_the_other_takes_over(recorded: str, connection: Connection) -> None:
    first, second = Runner(recorded, FAKE.make, FAKE.topics), Runner(recorded, FAKE.make, FAKE.topics)
    with EventLog(recorded) as log:
        with running(first) as wait_for_first:
            wait_for_first(log.head())
            with running(second):
                import_captures(log, "02-*")
                wait_for_first(log.head())
                assert second.progress.events == 0
                # A run to the end is content with what the other one does.
                assert Runner(recorded, FAKE.make, FAKE.topics).run_once().events == 0
                holder = "SELECT pid FROM log.place_held WHERE name = 'projection calls'"
                connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({holder}) AS h")
                import_captures(log, "03-*")
                head = log.head()
                wait_until(lambda: head in (first.progress.position, second.progress.position))
    assert scalar(connection, "SELECT count(*) FROM calls.call WHERE live") == 0


def test_it_survives_the_loss_of_its_connections(dsn: str, connection: Connection, fold: FoldUnderTest) -> None:
    runner = Runner(dsn, fold.make, fold.topics, page=20)
    events = events_of("13-*")
    with EventLog(dsn) as log, running(runner) as wait_for:
        for start in range(0, len(events), 60):
            log.append(events[start : start + 60])
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'harmony-project' AND datname = current_database()"
            )
        wait_for(log.head())
    assert scalar(connection, "SELECT count(*) FROM calls.call WHERE live") == 0
    assert scalar(connection, "SELECT count(*) FROM calls.call") == 1
    assert scalar(connection, "SELECT count(*) FROM log.parked_event") == 0


def test_somebody_else_moving_the_projection_is_noticed(recorded: str, connection: Connection) -> None:
    runner = Runner(recorded, FAKE.make, FAKE.topics)
    with EventLog(recorded) as log, running(runner) as wait_for:
        wait_for(log.head())
        connection.execute("UPDATE log.projection SET generation = generation + 1")
        import_captures(log, "02-*")
        wait_for(log.head())
    assert scalar(connection, "SELECT count(*) FROM calls.call WHERE live") == 0
