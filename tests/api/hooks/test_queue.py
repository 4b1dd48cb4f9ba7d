"""The queue's rules: who gets what, in which order, and what happens to what a sender that is gone had in hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from api.hooks import order
from api.hooks.post import Answer
from api.hooks.queue import RUN, Delivery, Queue, Result, Run
from tests.api.conftest import until
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiver import Receiver
from tests.api.hooks.test_killed import PUBLISH

pytestmark = pytest.mark.database

TAKEN = Answer(204, 1)
REFUSED = Answer(500, 1, error="no")
Open = Callable[[], Queue]


@pytest.fixture
def opened(dsn: str) -> Iterator[Open]:
    """Open queues, each with a connection of its own."""
    connections: list[psycopg.Connection[Any]] = []

    def make() -> Queue:
        connections.append(psycopg.connect(dsn, autocommit=True))
        return Queue(connections[-1])

    yield make
    for connection in connections:
        connection.close()


class Rows:
    """Deliveries as rows, by short names."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks
        self.webhook, _ = hooks.make("http://127.0.0.1:9/")

    def add(self, event: str, subject: str, *merged: str) -> None:
        with self.hooks.connection.transaction():
            order.lock(self.hooks.connection, [self.webhook.id])
            self.hooks.connection.execute(
                "INSERT INTO hooks.delivery (endpoint_id, event_id, position, type, subject, merged, blocked)"
                " VALUES (%s, %s, 1, 'call.held', %s, %s, true)",
                [self.webhook.id, event, subject, list(merged)],
            )
            order.unblock(self.hooks.connection, [(self.webhook.id, subject)])


@pytest.fixture
def rows(hooks: Hooks) -> Rows:
    return Rows(hooks)


def claim(queue: Queue, most: int = 10) -> list[list[str]]:
    return sorted(names(run) for run in queue.claim({}, most, 100))


def names(run: Run) -> list[str]:
    return [delivery.event_id for delivery in run.deliveries]


def result(delivery: Delivery, answer: Answer, wait: float | None = None) -> Result:
    return Result(delivery, datetime.now(UTC), answer, wait)


def test_of_a_subject_one_sender_has_the_first_and_what_follows(rows: Rows, opened: Open) -> None:
    for number in range(RUN + 2):
        rows.add(f"a{number}", "a")
    rows.add("b0", "b")
    first, second = opened(), opened()
    assert claim(first) == [[f"a{n}" for n in range(RUN)], ["b0"]]
    assert claim(second) == []
    assert claim(first) == []


def test_what_failed_is_waited_for_and_what_is_dead_is_not(rows: Rows, opened: Open) -> None:
    for number in range(3):
        rows.add(f"a{number}", "a")
    queue = opened()
    (run,) = queue.claim({}, 10, 100)
    queue.record([result(run.deliveries[0], REFUSED, 3600)])
    assert claim(queue) == []
    rows.add("a3", "a")
    assert claim(queue) == [], "also what is planned meanwhile"
    rows.hooks.connection.execute("UPDATE hooks.delivery SET next_attempt_at = now()")
    (run,) = queue.claim({}, 10, 100)
    assert names(run) == ["a0", "a1", "a2", "a3"]
    assert run.deliveries[0].attempts == 1
    queue.record([result(run.deliveries[0], REFUSED)])
    assert claim(queue) == [["a1", "a2", "a3"]]
    assert rows.hooks.states() == ["dead", "pending", "pending", "pending"]


def test_events_of_a_call_wait_for_those_of_the_call_that_it_took_in(rows: Rows, opened: Open) -> None:
    rows.add("b0", "b")
    rows.add("a0", "a")
    rows.add("a1 merged", "a", "b")
    rows.add("a2", "a", "b")
    queue = opened()
    runs = queue.claim({}, 10, 100)
    assert sorted(map(names, runs)) == [["a0"], ["b0"]]
    of = {run.deliveries[0].subject: run.deliveries[0] for run in runs}
    queue.record([result(of["a"], TAKEN)])
    assert claim(queue) == [], "b0 has not arrived"
    queue.record([result(of["b"], TAKEN)])
    assert claim(queue) == [["a1 merged", "a2"]]


def test_what_a_sender_that_is_gone_had_in_hand_is_due_again(rows: Rows, opened: Open) -> None:
    rows.add("a0", "a")
    dead, alive = opened(), opened()
    assert claim(dead) == [["a0"]]
    assert alive.sweep() == 0
    dead._connection.close()

    def swept() -> bool:
        return alive.sweep() == 1

    until(swept, "its lock is gone")
    assert claim(alive) == [["a0"]]


def test_a_word_that_comes_late_wakes_nothing_from_the_dead(rows: Rows, opened: Open) -> None:
    rows.add("a0", "a")
    queue, other = opened(), opened()
    (run,) = queue.claim({}, 10, 100)
    rows.hooks.connection.execute("UPDATE hooks.delivery SET claimed_by = NULL, next_attempt_at = now()")
    assert claim(other) == [["a0"]], "its claim had expired"
    other.record([result(run.deliveries[0], TAKEN)])
    queue.record([result(run.deliveries[0], REFUSED, 5)])
    assert rows.hooks.states() == ["delivered"]
    rows.hooks.connection.execute("DELETE FROM hooks.delivery")
    queue.record([result(run.deliveries[0], TAKEN)])


def test_an_endpoint_has_a_few_and_one_while_it_fails(rows: Rows, opened: Open) -> None:
    for number in range(9):
        rows.add(f"event {number}", f"subject {number}")
    queue = opened()
    runs = queue.claim({}, 4, 100)
    assert len(runs) == 4
    assert len(queue.claim({rows.webhook.id: 4}, 4, 100)) == 0
    assert len(queue.claim({rows.webhook.id: 3}, 4, 100)) == 1
    queue.record([result(runs[0].deliveries[0], REFUSED, 3600)])
    assert len(queue.claim({rows.webhook.id: 1}, 4, 100)) == 0
    assert len(queue.claim({}, 4, 100)) == 1
    queue.record([result(runs[1].deliveries[0], TAKEN)])
    assert len(queue.claim({}, 4, 100)) == 3


def test_several_senders_share_the_work_and_nothing_comes_twice(hooks: Hooks, receive: Callable[..., Receiver]) -> None:
    receiver = receive()
    for path in ("/a", "/b"):
        hooks.make(receiver.url + path, types=["call.*"])
    hooks.connection.execute(PUBLISH, {"count": 150, "subjects": 15})
    hooks.plan()
    for _ in range(3):
        hooks.send()
    got = receiver.wait(lambda got: len(got) >= 300)
    until(lambda: set(hooks.states()) == {"delivered"}, "all are recorded")
    assert len(receiver.got) == 300
    last: dict[tuple[str, int], int] = {}
    for message in got:
        number = int(message.id.removeprefix("event "))
        subject = (message.path, number % 15)
        assert last.get(subject, -1) < number
        last[subject] = number
