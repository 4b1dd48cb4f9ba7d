"""Notices in the log: with the page that caused them, once, in order, whatever happens in between."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from core.log.eventlog import EventLog
from core.migrate import found, migrate
from projections.callflow import TOPICS, CallFold
from projections.callflow.changes import Merged
from projections.query import EventFilter, call_events, position_at
from projections.rebuild import rebuild
from projections.runner import Runner
from projections.tables.table import FOLD_PART, STAY
from tests.projections.filling import import_captures, made_event
from tests.projections.made_calls import NOON, SECOND, a_call, queue, store

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
SCENARIOS = ("30-*", "13-*", "46-*", "31-*")
NOTICES = EventFilter(types=("queue.*", "registration.*", "switch.*"))


def noticed(dsn: str) -> list[tuple[str, str, str | None, str]]:
    """What stands in the log of what is about no call."""
    with psycopg.connect(dsn) as connection:
        events = call_events(connection, limit=10_000, filter=NOTICES)
        return [(event.event_id, event.type, event.tenant, event.subject) for event in events]


def test_the_same_notices_however_the_log_is_cut_and_whoever_continues(new_dsn: Callable[[], str]) -> None:
    whole, cut = new_dsn(), new_dsn()
    for dsn in (whole, cut):
        with EventLog(dsn) as log:
            import_captures(log, *SCENARIOS)
    Runner(whole, CallFold, TOPICS).run_once()
    with psycopg.connect(cut, autocommit=True) as connection:
        for page in (7, 50, 3):
            Runner(cut, CallFold, TOPICS, page=page).run_once()
            # A restored copy that tells everything again tells nothing twice.
            connection.execute("UPDATE log.projection SET position = 0, generation = generation + 1")
    assert len(noticed(whole)) == 23
    assert noticed(whole) == noticed(cut)


def test_a_rebuild_neither_repeats_nor_loses_a_notice(dsn: str, connection: Connection) -> None:
    with EventLog(dsn) as log:
        import_captures(log, *SCENARIOS)
        runner = Runner(dsn, CallFold, TOPICS)
        runner.run_once()
        before = noticed(dsn)
        assert rebuild(dsn, CallFold, TOPICS).swapped
        assert noticed(dsn) == before
        log.append([made_event("sofia::expire", 9, user="1001", host="alpha.example", realm="alpha.example")])
        runner.run_once()
    assert [kind for _, kind, _, _ in noticed(dsn)[len(before) :]] == ["registration.expired"]


def test_a_notice_alone_is_announced(dsn: str, connection: Connection) -> None:
    connection.execute("LISTEN harmony_calls")
    with EventLog(dsn) as log:
        log.append([made_event("sofia::expire", 1, user="1001", host="alpha.example", realm="alpha.example")])
    Runner(dsn, CallFold, TOPICS).run_once()
    assert len(list(connection.notifies(timeout=10, stop_after=1))) == 1


def test_what_no_notice_can_be_made_of_is_parked_and_the_rest_goes_on(
    dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(event: Any) -> list[Any]:
        raise KeyError(event.topic)

    monkeypatch.setattr("projections.projection.notices", failing)
    with EventLog(dsn) as log:
        import_captures(log, "30-*")
    Runner(dsn, CallFold, TOPICS).run_once()
    row = connection.execute("SELECT count(*), min(code), max(code) FROM log.parked_event").fetchone()
    assert row == (10, "fold.KeyError", "fold.KeyError")
    assert call_events(connection, filter=EventFilter(types=("call.ended",)))
    assert noticed(dsn) == []


def test_what_was_published_before_gets_its_audience(server: str) -> None:
    name = "harmony_test_upgrade_of_call_event"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
        dsn = make_conninfo(server, dbname=name)
        try:
            migrate(dsn, [one for one in found() if one.number < 140])
            _fill_as_before(dsn)
            migrate(dsn)
            _look_at_it(dsn)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _fill_as_before(dsn: str) -> None:
    """By today's writer, for whom the tables stand there that came later, while it writes."""
    later = (STAY, FOLD_PART)
    with psycopg.connect(dsn) as connection:
        for table in later:
            columns = SQL(", ").join(
                SQL("{} {}").format(Identifier(name), Identifier(kind))
                for name, kind in zip(table.names(), table.types(), strict=True)
            )
            connection.execute(SQL("CREATE TABLE calls.{} ({})").format(Identifier(table.name), columns))
    store(
        dsn,
        [a_call("one", aliases=["two"], segments=[queue("support", "1001", NOON, 3)]), a_call("three", tenant=None)],
        [Merged(alias="two", call_id="one", position=5)],
    )
    with psycopg.connect(dsn) as connection:
        for table in later:
            connection.execute(SQL("DROP TABLE calls.{}").format(Identifier(table.name)))
        for n, call_id in enumerate(("one", "two", "three", "gone"), start=1):
            state = f'{{"call_id":"{call_id}","data":{{"name":"\\\\u0000 \\u0000"}}}}'.encode()
            connection.execute(
                "INSERT INTO log.call_event (originator_id, originator_version, topic, state, event_id, tenant,"
                " occurred_at, caused_position) VALUES (gen_random_uuid(), 1, 'call.started', %b, %s, 'alpha.example',"
                " to_timestamp(%s), 5)",
                [state, call_id, (NOON + (5 - n) * SECOND) / SECOND],
            )


def _look_at_it(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        one, two, three, gone = call_events(connection)
        assert [event.call_id for event in (one, two, three, gone)] == ["one", "two", "three", "gone"]
        assert [event.subject for event in (one, two, three, gone)] == ["one", "two", "three", "gone"]
        assert {"1001", "1001@alpha.example", "1002"} <= set(one.parties)
        assert set(one.queues) == {"support", "support@alpha.example"}
        assert (one.aliases, two.aliases, three.queues, gone.parties) == (("two",), (), (), ())
        assert (one.direction, two.direction, gone.direction) == ("internal", "internal", None)
        assert call_events(connection, filter=EventFilter(call="two")) == [one, two]
        # In the order of publishing, though the clocks of the switches said otherwise.
        assert position_at(connection, NOON) == 0
        assert position_at(connection, NOON + 5 * SECOND) == gone.position
