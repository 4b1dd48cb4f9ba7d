"""The live feed: a snapshot, then what changed, and nothing missed in between."""

import threading
from typing import Any

import msgspec
import psycopg
import pytest

from projections.callflow.changes import Merged
from projections.query import EventFilter, Mark, call_events, delta, follow, snapshot
from projections.runner import Runner
from tests.projections.conftest import FAKE
from tests.projections.made_calls import a_call, store

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]


def test_a_snapshot_and_the_deltas_behind_it(dsn: str, connection: Connection) -> None:
    store(dsn, [a_call("one", ended_at=None), a_call("two", ended_at=None), a_call("old")], at=10)
    first = snapshot(connection)
    assert (first.mark, first.reset) == (Mark(10, 1), True)
    assert {call.call_id for call in first.calls} == {"one", "two"}
    store(dsn, [a_call("one"), a_call("three", ended_at=None)], at=20)
    then = delta(connection, first.mark)
    assert (then.mark, then.reset) == (Mark(20, 1), False)
    assert {call.call_id: call.live for call in then.calls} == {"one": False, "three": True}
    store(dsn, [a_call("three", ended_at=None)], [Merged(alias="two", call_id="three", position=25)], at=30)
    last = delta(connection, then.mark)
    assert last.merged == [("two", "three")]
    assert delta(connection, last.mark).calls == []


def test_a_long_delta_comes_in_parts_that_leave_nothing_out(dsn: str, connection: Connection) -> None:
    for page in range(6):
        store(dsn, [a_call(f"call-{page}-{n}", ended_at=None) for n in range(4)], at=10 + page)
    mark, seen = Mark(0, 1), list[str]()
    while (part := delta(connection, mark, most=5)).calls:
        mark = part.mark
        seen += [call.call_id for call in part.calls]
    assert len(seen) == len(set(seen)) == 24


def test_after_a_rebuild_the_feed_starts_again(dsn: str, connection: Connection) -> None:
    store(dsn, [a_call("one", ended_at=None)], at=10)
    mark = snapshot(connection).mark
    connection.execute("UPDATE log.projection SET generation = 2")
    again = delta(connection, mark)
    assert again.reset
    assert [call.call_id for call in again.calls] == ["one"]


def test_a_follower_is_told_of_changes_until_it_is_stopped(dsn: str) -> None:
    stop = threading.Event()
    deltas = follow(dsn, stop)
    assert next(deltas).reset
    store(dsn, [a_call("one", ended_at=None)], at=10)
    assert [call.call_id for call in next(deltas).calls] == ["one"]
    store(dsn, [a_call("one")], at=20)
    assert [call.live for call in next(deltas).calls] == [False]
    stop.set()
    assert list(deltas) == []


def test_the_call_log_is_read_in_order_by_tenant_and_type(recorded: str, connection: Connection) -> None:
    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    every = call_events(connection, limit=10_000)
    assert [event.position for event in every] == sorted(event.position for event in every)
    assert {msgspec.json.decode(event.state)["type"] for event in every} == {event.type for event in every}
    assert call_events(connection, after=every[3].position, limit=2) == every[4:6]
    mine = call_events(connection, limit=10_000, filter=EventFilter(tenant="beta.example", types=("call.ended",)))
    assert mine
    assert mine == [event for event in every if event.tenant == "beta.example" and event.type == "call.ended"]


def test_the_library_reads_the_call_log(recorded: str, connection: Connection) -> None:
    from contextlib import nullcontext
    from uuid import UUID

    from eventsourcing.persistence import ProgrammingError

    from projections.call_log import CallLogRecorder

    Runner(recorded, FAKE.make, FAKE.topics).run_once()
    recorder = CallLogRecorder(lambda: nullcontext(connection))
    last = recorder.max_notification_id()
    assert last is not None
    notifications = recorder.select_notifications(None, 10_000)
    assert notifications[-1].id == last
    assert [n.id for n in recorder.select_notifications(notifications[2].id, 3)] == [n.id for n in notifications[2:5]]
    stream = UUID(str(notifications[0].originator_id))
    events = recorder.select_events(stream)
    assert [event.originator_version for event in events] == list(range(1, len(events) + 1))
    assert recorder.select_events(stream, desc=True, limit=1) == [events[-1]]
    assert recorder.select_events(stream, gt=1, lte=2) == events[1:2]
    ended = recorder.select_notifications(None, 10_000, topics=["call.ended"])
    assert {notification.topic for notification in ended} == {"call.ended"}
    with pytest.raises(ProgrammingError):
        recorder.insert_events([])
