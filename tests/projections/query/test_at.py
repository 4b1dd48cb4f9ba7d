"""The board as it was is the board that a subscriber saw then."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest

from core.event import identify
from core.log.eventlog import EventLog
from core.log.prepare import Incoming
from core.log.retention import drop
from projections.callflow import TOPICS, CallFold
from projections.callflow.as_of import live_as_of
from projections.callflow.document import render
from projections.callflow.fact import Fact
from projections.query import snapshot
from projections.query.at import board_at, board_when, position_of_call_event, position_when
from projections.rebuild import rebuild
from projections.runner import Runner
from tests.projections.callflow.folding import events_of as capture_events
from tests.projections.callflow.folding import fold_all
from tests.projections.filling import events_of, made_event

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
SCENARIOS = ("13-*", "30-*", "24-*", "27-*", "42-*", "49-*", "50-*")
"""transfers that make calls one, a queue, a park, a room, two companies, a link that was lost, a switch that died"""


class Subscriber:
    """Keeps the live calls as the feed does, and remembers what it saw at which mark."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.seen: dict[int, list[bytes]] = {}

    def look(self) -> None:
        found = snapshot(self._connection)
        self.seen[found.mark.position] = [call.document for call in found.calls]


def interleaved(*patterns: str) -> list[Incoming]:
    """Several recorded scenarios at once, event by event."""
    parts = [list(events_of(pattern)) for pattern in patterns]
    mixed = []
    while any(parts):
        for part in parts:
            mixed.extend(part[:3])
            del part[:3]
    return mixed


def watch(dsn: str, batch: Sequence[Incoming], step: int) -> dict[int, list[bytes]]:
    """Store and fold a little at a time; what somebody saw behind each step."""
    with EventLog(dsn) as log, psycopg.connect(dsn, autocommit=True) as connection:
        subscriber = Subscriber(connection)
        runner = Runner(dsn, CallFold, TOPICS)
        for at in range(0, len(batch), step):
            log.append(batch[at : at + step])
            runner.run_once()
            subscriber.look()
    return subscriber.seen


@pytest.mark.parametrize("patterns", [("49-*",), ("48-*",), SCENARIOS], ids=len)
def test_at_each_mark_it_is_what_was_seen_then(dsn: str, connection: Connection, patterns: tuple[str, ...]) -> None:
    seen = watch(dsn, interleaved(*patterns), 40)
    assert any(seen.values())
    for position, documents in seen.items():
        assert board_at(connection, position).documents == documents, position


def test_it_stays_so_when_calls_are_told_again_and_when_their_events_are_gone(dsn: str, connection: Connection) -> None:
    seen = watch(dsn, [*events_of("13-*"), *events_of("30-*"), *events_of("48-*")], 25)
    assert sum(map(len, seen.values())) > 10
    rebuild(dsn, CallFold, TOPICS)
    for position, documents in seen.items():
        assert board_at(connection, position).documents == documents, position
    drop(connection, max(seen), [])
    for position, documents in seen.items():
        assert board_at(connection, position).documents == documents, position


def test_between_marks_it_is_what_a_fold_of_the_log_up_to_there_gives() -> None:
    """Event by event, without a database: nothing but the facts up to a position counts."""
    for name in ("13-attended-transfer-by-callee", "26-pickup", "24-park-and-retrieve"):
        events = capture_events(name)
        states = fold_all(events).states
        for end in range(1, len(events), 7):
            so_far = fold_all(events[:end])
            expected = sorted(render(so_far.calls[one]) for one in so_far.live if one in so_far.calls)
            position, now = events[end - 1].position, events[end - 1].occurred_at
            told = [call for state in states.values() for call in live_as_of(state, position, _passed(now))]
            assert sorted(map(render, told)) == expected, (name, position)


def _passed(now: int) -> Callable[[Fact], bool]:
    return lambda fact: fact.at <= now


def test_a_leg_that_never_says_more_lives_until_its_time_has_passed(dsn: str, connection: Connection) -> None:
    """No event tells that a leg is closed: it is so when the switch's clock is five seconds past its hanging up."""
    call = [one for one in events_of("01-*") if b"CHANNEL_HANGUP_COMPLETE" not in one.term]
    last = identify(call[-1].term)
    later = [
        Incoming(one.switch, own_event_at(last.occurred_at + seconds * 1_000_000, number), one.received_at)
        for number, seconds in enumerate((1, 3, 7, 9), start=1)
        for one in call[-1:]
    ]
    with EventLog(dsn) as log:
        log.append([*call, *later])
    Runner(dsn, CallFold, TOPICS).run_once()
    end = len(call)
    assert [len(board_at(connection, end + more).calls) for more in range(5)] == [1, 1, 1, 0, 0]


def own_event_at(at: int, number: int) -> bytes:
    """An event of the same core, of a kind that the fold reads, and of no leg."""
    term = made_event("HEARTBEAT", number, Event_Info="System Ready").term
    stamp = str(1_795_000_000_000_000 + number).encode()
    assert term.count(stamp) == 1
    return term.replace(stamp, str(at).encode())


def test_an_instant_is_the_board_of_what_was_folded_then(dsn: str, connection: Connection) -> None:
    batch = events_of("13-*")
    seen: dict[int, tuple[int, list[bytes]]] = {}
    with EventLog(dsn) as log:
        subscriber, runner = Subscriber(connection), Runner(dsn, CallFold, TOPICS)
        for at in range(0, len(batch), 30):
            log.append(batch[at : at + 30])
            runner.run_once()
            subscriber.look()
            seen[now(connection)] = (max(subscriber.seen), subscriber.seen[max(subscriber.seen)])
    for instant, (position, documents) in seen.items():
        board = board_when(connection, instant)
        assert (board.position, board.instant, board.documents) == (position, instant, documents)
    assert board_when(connection, 1).calls == []


def test_while_the_projection_stood_still_so_did_the_board(dsn: str, connection: Connection) -> None:
    batch, runner = events_of("13-*"), Runner(dsn, CallFold, TOPICS)
    with EventLog(dsn) as log:
        log.append(batch[:60])
        runner.run_once()
        before = snapshot(connection)
        log.append(batch[60:])
        meanwhile = now(connection)
        runner.run_once()
    assert position_when(connection, now(connection)) == len(batch)
    board = board_when(connection, meanwhile)
    assert 0 < board.position <= 60
    assert [call.call_id for call in board.calls] == [call.call_id for call in before.calls]


def test_a_position_of_the_call_log_is_one_of_the_switch_log(recorded: str, connection: Connection) -> None:
    Runner(recorded, CallFold, TOPICS).run_once()
    rows = connection.execute("SELECT position, caused_position FROM log.call_event ORDER BY position").fetchall()
    for position, caused in rows[::5]:
        assert position_of_call_event(connection, position) == caused
    assert position_of_call_event(connection, 0) == 0


def test_a_company_sees_its_own_calls(dsn: str, connection: Connection) -> None:
    seen = watch(dsn, events_of("42-*"), 30)
    boards = {position: board_at(connection, position, "beta.example").calls for position in seen}
    assert any(boards.values())
    assert {call.tenant for calls in boards.values() for call in calls} == {"beta.example"}
    every = sum(len(documents) for documents in seen.values())
    assert sum(len(calls) for calls in boards.values()) < every


def test_what_is_not_folded_yet_stands_for_the_last_that_is(recorded: str, connection: Connection) -> None:
    assert board_at(connection, 50).position == 0
    Runner(recorded, CallFold, TOPICS).run_once()
    with EventLog(recorded) as log:
        assert board_at(connection, 10**9).position == log.head()


def now(connection: Connection) -> int:
    row = connection.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1e6)::bigint").fetchone()
    assert row is not None
    return int(row[0])
