"""The call log through its filters: what the database selects is what memory matches, for every event there is."""

import itertools
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from core.log.eventlog import EventLog
from projections.callflow import TOPICS, CallFold
from projections.errors import BadFilter
from projections.query import EventFilter, PublishedEvent, call_events, head, oldest, position_at, resolved
from projections.runner import Runner
from tests.projections.filling import import_captures

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
# Transfers that merge calls, queues, two companies with the same numbers, registrations, trunks, hostile texts.
SCENARIOS = ("13-*", "16-*", "30-*", "31-*", "38-*", "39-*", "42-*", "45-*", "46-*", "48-*")


@pytest.fixture
def published(dsn: str) -> str:
    """A call log of many scenarios."""
    with EventLog(dsn) as log:
        import_captures(log, *SCENARIOS)
    Runner(dsn, CallFold, TOPICS, page=300).run_once()
    return dsn


def everything(connection: Connection) -> list[PublishedEvent]:
    """The whole call log."""
    return call_events(connection, limit=100_000)


def test_the_database_selects_what_memory_matches(published: str, connection: Connection) -> None:
    events = everything(connection)
    assert len(events) > 100
    types = sorted({event.type for event in events})
    families = sorted({name.partition(".")[0] for name in types})
    asked = [EventFilter()]
    asked += [EventFilter(types=(name,)) for name in types]
    asked += [EventFilter(types=(f"{name}.*",)) for name in families]
    asked += [EventFilter(types=("*",)), EventFilter(types=("call.answered", "queue.*"))]
    parties = sorted({party for event in events for party in event.parties})
    asked += [EventFilter(party=party) for party in (*parties, "nobody", "x'; --", "with\0nul", "{}")]
    queues = sorted({queue for event in events for queue in event.queues})
    asked += [EventFilter(queue=queue) for queue in (*queues, "nothing")]
    ids = sorted({event.call_id for event in events if event.call_id} | {a for event in events for a in event.aliases})
    asked += [EventFilter(call=one) for one in (*ids, "none")]
    asked += [EventFilter(direction=one) for one in ("internal", "inbound", "outbound", "sideways")]
    asked += [EventFilter(tenant=one) for one in ("alpha.example", "beta.example", "nobody.example")]
    for tenant, party, name in itertools.product(("alpha.example", "beta.example"), parties[:12], ("call.*", "*")):
        asked.append(EventFilter(tenant=tenant, party=party, types=(name,)))
    empty = 0
    for one in asked:
        known = resolved(connection, one)
        found = call_events(connection, limit=100_000, filter=one)
        assert found == [event for event in events if known.matches(event)], one
        empty += not found
    assert empty < len(asked) / 3


def test_a_call_that_was_merged_is_found_by_every_id_it_had(published: str, connection: Connection) -> None:
    row = connection.execute("SELECT alias, call_id FROM calls.alias ORDER BY alias LIMIT 1").fetchone()
    assert row is not None
    alias, call_id = row
    by_id, by_alias = (call_events(connection, filter=EventFilter(call=one)) for one in (call_id, alias))
    assert by_id == by_alias
    assert {alias, call_id} <= {event.call_id for event in by_id}
    # Whoever follows the call by its first name, and never asks again, is not left behind by the merge.
    follower = EventFilter(call=alias)
    merged = next(event for event in by_id if event.type == "call.merged")
    later = [event for event in by_id if event.position >= merged.position and event.call_id == call_id]
    assert len(later) > 1
    assert all(follower.matches(event) for event in later)


def test_a_leg_leads_to_its_call(published: str, connection: Connection) -> None:
    row = connection.execute("SELECT leg_id, call_id FROM calls.leg WHERE leg_id <> call_id LIMIT 1").fetchone()
    assert row is not None
    events = call_events(connection, filter=EventFilter(call=row[0]))
    assert events == call_events(connection, filter=EventFilter(call=row[1]))
    assert events


def test_everybody_of_a_call_gets_all_that_is_published_behind_his_coming(
    published: str, connection: Connection
) -> None:
    for event in everything(connection):
        if event.type != "call.ended":
            continue
        row = connection.execute("SELECT document FROM calls.call WHERE call_id = %s", [event.call_id]).fetchone()
        assert row is not None
        parties = row[0]["parties"]
        names = {party["party"] for party in parties} | {party["user"] for party in parties if party["user"]}
        assert names <= set(event.parties)
        assert event.direction == row[0]["direction"]
        assert event.tenant == row[0]["tenant"]


def test_pages_follow_each_other_up_to_a_position(published: str, connection: Connection) -> None:
    events = everything(connection)
    last = events[len(events) // 2].position
    found, after = list[PublishedEvent](), 0
    while page := call_events(connection, after, 17, upto=last):
        found += page
        after = page[-1].position
    assert found == [event for event in events if event.position <= last]


def test_an_instant_leads_to_the_position_before_what_was_published_then(
    published: str, connection: Connection
) -> None:
    rows = connection.execute("SELECT position, published_at FROM log.call_event ORDER BY position").fetchall()
    assert oldest(connection) == rows[0][0]
    assert head(connection) == rows[-1][0]
    # Holes in the order, as a transaction that failed leaves them.
    connection.execute("DELETE FROM log.call_event WHERE position BETWEEN 20 AND 30")
    rows = [row for row in rows if not 20 <= row[0] <= 30]
    for place in (0, 1, 18, 19, 20, len(rows) - 1):
        for off in (-1, 0, 1):
            instant = rows[place][1] + timedelta(microseconds=off)
            later = [row[0] for row in rows if row[1] >= instant]
            found = position_at(connection, int(instant.timestamp() * 1_000_000 + 0.5))
            assert [row[0] for row in rows if row[0] > found] == later
    assert position_at(connection, 0) == 0
    with pytest.raises(BadFilter):
        position_at(connection, 1 << 62)


def test_an_empty_log_has_its_ends_at_nothing(dsn: str, connection: Connection) -> None:
    assert (head(connection), oldest(connection), position_at(connection, 0)) == (0, 0, 0)
    assert call_events(connection) == []


IMPOSSIBLE = ["call*", "*.answered", "call.*.x", "call.**", "c*l.answered", "call.answerd", "calls.*", "", "\0"]


@pytest.mark.parametrize("wrong", IMPOSSIBLE)
def test_a_type_that_cannot_be_is_refused_with_a_sentence(wrong: str) -> None:
    with pytest.raises(BadFilter, match="no type of event"):
        EventFilter(types=(wrong,))


def test_what_is_stored_says_what_the_columns_say(published: str, connection: Connection) -> None:
    for event in everything(connection):
        state = msgspec.json.decode(event.state)
        assert state["event_id"] == event.event_id
        assert state["type"] == event.type
        assert state.get("tenant") == event.tenant
        assert state.get("call_id", state.get("subject")) == event.subject
