"""A `Reach` over real calls: memory and the database say the same, in every way to ask."""

import json
from typing import Any

import psycopg
import pytest

from core.log import EventLog
from core.reach import Reach, reach
from projections.callflow import TOPICS, CallFold
from projections.callflow.audience import audience_of
from projections.query import (
    CallFilter,
    call_events,
    export_csv,
    export_documents,
    get_call,
    list_calls,
    list_documents,
)
from projections.query.at import board_at
from projections.query.calls import summaries
from projections.query.events import EventFilter
from projections.runner import Runner
from tests.projections.filling import import_captures

pytestmark = pytest.mark.database
Connection = psycopg.Connection[Any]
ALPHA = "alpha.example"
REACHES = (
    Reach(),
    reach([f"1001@{ALPHA}"]),
    reach([f"1003@{ALPHA}"]),
    reach([f"1002@{ALPHA}", f"1004@{ALPHA}"], [f"support@{ALPHA}"]),
    reach([], [f"support@{ALPHA}"]),
    reach(["1001", "nobody@alpha.example", "1001@beta.example"], ["support"]),
)


@pytest.fixture
def filled(dsn: str) -> str:
    with EventLog(dsn) as log:
        import_captures(log, "01-*", "10-*", "13-*", "30-*", "38-*", "42-*", "45-*", "27-*", "19-*")
    Runner(dsn, CallFold, TOPICS).run_once()
    return dsn


@pytest.fixture
def connection(filled: str) -> Any:
    with psycopg.connect(filled, autocommit=True) as opened:
        yield opened


def documents(connection: Connection) -> dict[str, bytes]:
    page = list_documents(connection, CallFilter(tenant=ALPHA), 1000)
    return {json.loads(one)["call_id"]: one for one in page.documents}


def own(connection: Connection, mine: Reach) -> set[str]:
    """What memory says."""
    found = set()
    for call_id, document in documents(connection).items():
        concerned = audience_of(document)
        if mine.sees(concerned.users, concerned.queues):
            found.add(call_id)
    return found


@pytest.mark.parametrize("mine", REACHES)
def test_memory_and_database_say_the_same(connection: Connection, mine: Reach) -> None:
    wanted = own(connection, mine)
    asked = CallFilter(tenant=ALPHA, reach=mine)
    assert {call.call_id for call in list_calls(connection, asked, 1000).calls} == wanted
    whole = list_documents(connection, CallFilter(tenant=ALPHA), 1000).documents
    page = list_documents(connection, asked, 1000).documents
    assert page == [one for one in whole if json.loads(one)["call_id"] in wanted], "in the same order"
    assert {json.loads(one)["call_id"] for one in export_documents(connection, asked)} == wanted
    rows = b"".join(export_csv(connection, "cdr_call", asked)).decode()
    assert {call for call in documents(connection) if call in rows} == wanted
    for call_id in documents(connection):
        assert (get_call(connection, call_id, ALPHA, mine) is not None) == (call_id in wanted)
    chosen = EventFilter(tenant=ALPHA, reach=mine)
    everything = call_events(connection, 0, 10_000, EventFilter(tenant=ALPHA))
    told = call_events(connection, 0, 10_000, chosen)
    assert told == [event for event in everything if chosen.matches(event)]
    assert {event.call_id for event in told if event.type == "call.ended"} == wanted
    seen = set()
    for position in range(0, 1200, 60):
        seen |= {call.call_id for call in board_at(connection, position, ALPHA, mine).calls}
    assert seen <= wanted | {alias for one in documents(connection).values() for alias in json.loads(one)["aliases"]}


@pytest.mark.parametrize("mine", REACHES[1:4])
def test_pages_and_filters_hold_to_it(connection: Connection, mine: Reach) -> None:
    asked: dict[str, Any]
    for asked in ({}, {"number": "1002"}, {"user": f"1001@{ALPHA}"}, {"queue": "support"}, {"has_transfer": True}):
        whole = list_calls(connection, CallFilter(tenant=ALPHA, **asked), 1000).calls
        wanted = [call.call_id for call in whole if call.call_id in own(connection, mine)]
        found, after = list[str](), None
        while True:
            page = list_calls(connection, CallFilter(tenant=ALPHA, reach=mine, **asked), 2, after)
            found += [call.call_id for call in page.calls]
            if (after := page.next) is None:
                break
        assert found == wanted, asked


def test_who_shows_a_number_or_a_name_is_nobody_of_the_company(filled: str, connection: Connection) -> None:
    """A caller from outside who shows a user's number, or his whole name."""
    (call_id,) = next(
        row
        for row in connection.execute("SELECT call_id FROM calls.call WHERE from_user IS NULL AND tenant = %s", [ALPHA])
    )
    for shown in ("1003", f"1003@{ALPHA}"):
        connection.execute(
            "UPDATE calls.search SET value = %s WHERE call_id = %s AND kind = 'number'", [shown, call_id]
        )
        connection.execute("UPDATE log.call_event SET parties = parties || %s WHERE call_id = %s", [[shown], call_id])
        mine = reach([f"1003@{ALPHA}"])
        calls = list_calls(connection, CallFilter(tenant=ALPHA, reach=mine), 1000).calls
        if call_id not in own(connection, mine):
            assert call_id not in {call.call_id for call in calls}
            told = call_events(connection, 0, 10_000, EventFilter(tenant=ALPHA, reach=mine))
            assert call_id not in {event.call_id for event in told}


def test_a_users_own_list_is_read_from_an_index(connection: Connection) -> None:
    connection.execute("SET enable_seqscan = off")
    statement, values = summaries(CallFilter(tenant=ALPHA, reach=REACHES[3]), 100)
    plan = "\n".join(row[0] for row in connection.execute(b"EXPLAIN " + statement.as_bytes(connection), values))
    assert "search_by_tenant" in plan or "search_by_value" in plan, plan
    assert "Seq Scan" not in plan, plan
