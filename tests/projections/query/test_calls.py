"""Finding calls: by any of their ids, by what analysts filter first, page by page."""

from typing import Any

import msgspec
import psycopg
import pytest

from projections.callflow.changes import Merged
from projections.callflow.document import Caller, Link, Offer, Party
from projections.errors import BadFilter
from projections.query import CallFilter, get_call, list_calls, list_documents, live_calls, shown, zone
from tests.projections.made_calls import NOON, SECOND, a_call, queue, store, transfer

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
HOUR = 3600 * SECOND


@pytest.fixture
def stored(dsn: str) -> str:
    """Seven calls that differ in one thing each."""
    outsider = Caller(party="+491701234567", number="+491701234567", name="\u00c4nne", user=None)
    store(
        dsn,
        [
            a_call("plain"),
            a_call("inbound", started_at=NOON + HOUR, direction="inbound", from_=outsider, parties=[]),
            a_call("missed", started_at=NOON + 2 * HOUR, answered=False, outcome="no_answer", answered_by=None),
            a_call("moved", started_at=NOON + 3 * HOUR, transfers=[transfer("blind", "1002", "1001", "1009", NOON)]),
            a_call(
                "queued",
                started_at=NOON + 4 * HOUR,
                segments=[queue("support", "1001", NOON + 4 * HOUR, 9)],
                offers=[Offer(to="1005", started_at=NOON + 4 * HOUR, ended_at=NOON + 5 * HOUR, outcome="answered")],
            ),
            a_call("long", started_at=NOON + 5 * HOUR, ended_at=NOON + 7 * HOUR),
            a_call("beta", started_at=NOON + 6 * HOUR, tenant="beta.example", links=[Link(why="hop", related="w")]),
            a_call("live", started_at=NOON + 7 * HOUR, ended_at=None, outcome=None, state="talking"),
        ],
    )
    return dsn


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "live beta long queued moved missed inbound plain"),
        ({"tenant": "alpha.example"}, "live long queued moved missed inbound plain"),
        ({"number": "+491701234567"}, "inbound"),
        ({"number": "1009"}, "moved"),
        ({"number": "1005"}, "queued"),
        ({"number": "1002", "tenant": "beta.example"}, "beta"),
        ({"user": "1002@alpha.example"}, "live beta long queued moved missed plain"),
        ({"user": "1002@alpha.example", "number": "1009"}, "moved"),
        ({"related": "w"}, "beta"),
        ({"related": "w", "number": "1002"}, "beta"),
        ({"related": "w", "tenant": "alpha.example"}, ""),
        ({"direction": "inbound"}, "inbound"),
        ({"outcome": "no_answer"}, "missed"),
        ({"answered": False}, "missed"),
        ({"queue": "support"}, "queued"),
        ({"agent": "1005"}, "queued"),
        ({"since": NOON + HOUR, "until": NOON + 3 * HOUR}, "missed inbound"),
        ({"min_duration": 100}, "long"),
        ({"max_duration": 65, "until": NOON + 2 * HOUR}, "inbound plain"),
        ({"has_transfer": True}, "moved"),
        ({"has_transfer": False, "until": NOON + 4 * HOUR}, "missed inbound plain"),
        ({"live": True}, "live"),
        ({"live": False, "since": NOON + 6 * HOUR}, "beta"),
        ({"number": "nobody"}, ""),
        ({"number": "x'; DROP TABLE calls.call; --"}, ""),
    ],
    ids=str,
)
def test_each_filter_finds_its_calls(stored: str, connection: Connection, asked: dict[str, Any], expected: str) -> None:
    chosen = CallFilter(**asked)
    assert [call.call_id for call in list_calls(connection, chosen).calls] == expected.split()
    documents = [msgspec.json.decode(one)["call_id"] for one in list_documents(connection, chosen).documents]
    assert documents == expected.split()


def test_a_summary_says_what_the_row_says(stored: str, connection: Connection) -> None:
    page = list_calls(connection, CallFilter(queue="support"))
    (call,) = page.calls
    assert page.position == 10
    assert (call.queue, call.agent, call.waited_seconds) == ("support", "1005", 9.0)
    assert (call.started_at, call.ended_at) == (NOON + 4 * HOUR, NOON + 4 * HOUR + 65 * SECOND)
    assert call.duration_seconds == 65.0


@pytest.mark.parametrize("asked", [{}, {"number": "1001"}, {"user": "1001@alpha.example"}], ids=str)
def test_pages_neither_repeat_nor_leave_out_calls_of_the_same_instant(
    dsn: str, connection: Connection, asked: dict[str, Any]
) -> None:
    store(dsn, [a_call(f"call-{n:02}", started_at=NOON + n // 4) for n in range(30)])
    chosen, seen, after = CallFilter(**asked), list[str](), None
    while True:
        page = list_calls(connection, chosen, limit=7, after=after)
        seen += [call.call_id for call in page.calls]
        if after is None:
            # A call that comes in while somebody turns the pages moves nothing.
            store(dsn, [a_call("newer", started_at=NOON + HOUR)], at=11)
        after = page.next
        if after is None:
            break
    assert seen == [f"call-{n:02}" for n in reversed(range(30))]


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "bm8gbnVtYmVy", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTkgeA", "\u00e4"])
def test_a_cursor_that_is_none_is_refused_with_a_sentence(connection: Connection, cursor: str) -> None:
    with pytest.raises(BadFilter, match="start from the first page"):
        list_calls(connection, CallFilter(), after=cursor)


def test_an_alias_and_a_leg_lead_to_the_call_that_stands(dsn: str, connection: Connection) -> None:
    store(dsn, [a_call("one", aliases=["two"])], [Merged(alias="two", call_id="one", position=5)])
    store(dsn, [a_call("other", legs=[])])
    for asked in ("one", "two"):
        found = get_call(connection, asked)
        assert found is not None
        assert found.call_id == "one"
        assert msgspec.json.decode(found.document)["aliases"] == ["two"]
    assert get_call(connection, "none") is None
    assert get_call(connection, "one\0") is None


def test_a_tenant_gets_no_call_of_another(stored: str, connection: Connection) -> None:
    assert get_call(connection, "beta", tenant="alpha.example") is None
    assert get_call(connection, "beta", tenant="beta.example") is not None
    assert get_call(connection, "beta") is not None


def test_live_calls_are_those_without_an_end(stored: str, connection: Connection) -> None:
    (document,) = live_calls(connection).documents
    assert msgspec.json.decode(document)["ended_at"] is None
    assert live_calls(connection, "beta.example").documents == []


def test_a_call_without_parties_is_found_by_its_caller(dsn: str, connection: Connection) -> None:
    store(dsn, [a_call("bare", parties=[Party(party="voicemail:1005")], offers=[], transfers=[])])
    assert [call.call_id for call in list_calls(connection, CallFilter(number="voicemail:1005")).calls] == ["bare"]


def test_times_are_shown_in_a_zone() -> None:
    assert shown(NOON) == "2026-11-23T12:00:00.000000Z"
    assert shown(NOON, zone("Europe/Berlin")) == "2026-11-23T13:00:00.000000+01:00"
    assert shown(None) is None
    for wrong in ("Nowhere/At/All", "", "../etc/passwd", "UTC\0"):
        with pytest.raises(BadFilter):
            zone(wrong)
