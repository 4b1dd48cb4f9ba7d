"""Everyone who follows the log sees every event once, in order: from memory, from the database, and over a break."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import psycopg
import pytest

from core.log import EventLog, tail
from core.log.tail import Tailer
from tests.core.made import event, incoming, numbered

pytestmark = pytest.mark.database


@pytest.fixture
def tailer(dsn: str) -> Iterator[Tailer]:
    with Tailer(dsn) as started:
        yield started


def test_new_events_arrive(tailer: Tailer, log: EventLog) -> None:
    subscription = tailer.subscribe()
    assert subscription.take() == []
    log.append(incoming(numbered(3)))
    assert [one.sequence for one in subscription.next(10)] == [1, 2, 3]
    log.append(incoming(numbered(2, 4)))
    assert [one.sequence for one in subscription.next(10)] == [4, 5]
    assert subscription.next(0.01) == []


def test_they_arrive_by_notification_and_not_by_the_next_poll(dsn: str, log: EventLog) -> None:
    with Tailer(dsn, poll=600) as tailer:
        for number in range(1, 20):
            log.append(incoming([event(number)]))
            assert tailer.wait(number, 30)


def test_one_that_begins_in_the_past_gets_everything(dsn: str, log: EventLog) -> None:
    log.append(incoming(numbered(2500)))
    with Tailer(dsn) as tailer:
        subscription = tailer.subscribe(after=0)
        found: list[int] = []
        log.append(incoming(numbered(100, 2501)))
        assert tailer.wait(2600, 10)
        while page := subscription.take(700):
            found += [one.sequence for one in page]
        assert found == list(range(1, 2601))
        assert not subscription.behind
        assert subscription.position == tailer.head == 2600


def test_topics(tailer: Tailer, log: EventLog) -> None:
    past, new = tailer.subscribe(0, {"CHANNEL_BRIDGE"}), tailer.subscribe(topics=["CHANNEL_BRIDGE"])
    log.append(incoming([event(1), event(2, "CHANNEL_BRIDGE"), event(3)]))
    assert tailer.wait(3, 10)
    assert [one.sequence for one in past.next(1)] == [2]
    assert [one.sequence for one in new.next(1)] == [2]
    assert new.take() == []
    assert new.position == 3, "it does not look at the others again"


def test_a_slow_one_misses_nothing_when_memory_moves_on(
    dsn: str, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "KEPT", 50)
    with Tailer(dsn) as tailer:
        slow = tailer.subscribe()
        for start in range(1, 301, 30):
            log.append(incoming(numbered(30, start)))
        assert tailer.wait(300, 10)
        assert slow.behind
        found: list[int] = []
        while page := slow.take(7):
            found += [one.sequence for one in page]
        assert found == list(range(1, 301))


def test_many_see_the_same_while_it_is_written(tailer: Tailer, dsn: str) -> None:
    found: list[list[int]] = [[] for _ in range(8)]

    def follow(number: int) -> None:
        subscription = tailer.subscribe(0)
        while len(found[number]) < 1000:
            page = subscription.next(20, limit=10 + number)
            assert page
            found[number] += [one.position for one in page]

    threads = [threading.Thread(target=follow, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    with EventLog(dsn) as log:
        for start in range(1, 1001, 20):
            log.append(incoming(numbered(20, start)))
    for thread in threads:
        thread.join()
    assert all(one == list(range(1, 1001)) for one in found)


def test_it_goes_on_after_its_connections_broke(tailer: Tailer, log: EventLog, postgres: str) -> None:
    subscription = tailer.subscribe()
    log.append(incoming(numbered(3)))
    assert len(subscription.next(10)) == 3
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name IN ('harmony tail', 'harmony log') AND datname LIKE 'test_%'"
        )
    log.close()
    log.append(incoming(numbered(3, 4)))
    assert [one.sequence for one in subscription.next(20)] == [4, 5, 6]


async def test_pages_in_an_event_loop(tailer: Tailer, log: EventLog) -> None:
    await asyncio.to_thread(log.append, incoming(numbered(30)))
    found: list[int] = []

    async def follow() -> None:
        async for page in tailer.subscribe(0).pages(limit=7):
            found.extend(one.sequence for one in page)
            if len(found) == 60:
                return

    following = asyncio.create_task(follow())
    await asyncio.to_thread(log.append, incoming(numbered(30, 31)))
    await asyncio.wait_for(following, 20)
    assert found == list(range(1, 61))


def test_stopping_ends_those_who_wait(dsn: str) -> None:
    tailer = Tailer(dsn)
    tailer.start()
    subscription = tailer.subscribe()
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(subscription.next(600)))
    thread.start()
    tailer.stop()
    thread.join(20)
    assert found == [[]]
