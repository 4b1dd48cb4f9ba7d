"""The analysts' questions of the documentation, run over recorded calls and compared with what the phones did.

What is expected comes from the captures' expected.json, which was written from what the phones sent and heard.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from core.log.eventlog import EventLog
from projections.callflow import TOPICS, CallFold
from projections.callflow.document import Caller
from projections.runner import Runner
from tests.projections.conftest import Databases
from tests.projections.filling import CAPTURES, import_captures
from tests.projections.made_calls import NOON, a_call, store

pytestmark = pytest.mark.database

PAGE = CAPTURES.parents[1] / "docs" / "how-to" / "questions-for-analysts.md"
QUESTIONS = re.findall(r"^## (\d+)\. .*?^```sql\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
_WANT_TO_BE_WRONG = 200
"""Captures from here on were made to lead records astray: each question's simple reckoning below fails on them, too."""
_TOLD = {"outcome", "offers", "transfers", "answered", "direction"}


def told() -> dict[str, list[dict[str, Any]]]:
    """The captures of which everything that the questions ask is known, with their calls."""
    found = {}
    for path in sorted(CAPTURES.glob("*/expected.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        number = int(re.split(r"\D", path.parent.name)[0])
        if (
            number < _WANT_TO_BE_WRONG
            and "others" not in expected
            and "count" not in expected
            and all(call.keys() >= _TOLD for call in expected["calls"])
        ):
            found[path.parent.name] = expected["calls"]
    return found


TOLD = told()
CALLS = [call for calls in TOLD.values() for call in calls]
ABANDONED = a_call(
    "never called back",
    started_at=NOON - 3600 * 1_000_000,
    direction="inbound",
    from_=Caller(party="+4930999", number="+4930999"),
    answered=False,
    outcome="no_answer",
    answered_by=None,
)


@pytest.fixture(scope="module")
def analysed(databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    """All those captures, folded."""
    with databases.made() as dsn:
        with EventLog(dsn) as log:
            import_captures(log, *TOLD)
        Runner(dsn, CallFold, TOPICS).run_once()
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection


def answers(connection: psycopg.Connection[Any], number: int) -> list[dict[str, Any]]:
    cursor = connection.execute(dict(QUESTIONS)[str(number)])
    names = [column.name for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def test_there_are_ten() -> None:
    assert [int(number) for number, _ in QUESTIONS] == list(range(1, 11))
    assert len(CALLS) > 60


def waits() -> list[tuple[float, str]]:
    found = [
        (s["seconds"], call["outcome"]) for call in CALLS for s in call.get("segments", []) if s["kind"] == "queue"
    ]
    return sorted(found, reverse=True)


def test_waiting(analysed: psycopg.Connection[Any]) -> None:
    rows = answers(analysed, 1)
    assert [row["outcome"] for row in rows] == [outcome for _, outcome in waits()]
    assert [float(row["waited"]) for row in rows] == pytest.approx([waited for waited, _ in waits()], abs=0.5)
    assert {row["queue"] for row in rows} == {"support"}


def test_service_level(analysed: psycopg.Connection[Any]) -> None:
    (row,) = answers(analysed, 2)
    outcomes = Counter(outcome for _, outcome in waits())
    assert (row["calls"], row["answered"], row["abandoned"]) == (
        len(waits()),
        outcomes["answered"],
        outcomes["abandoned"],
    )
    # The one who left did so within 5 seconds.
    assert row["service_level"] == Decimal(100)


def test_transfers(analysed: psycopg.Connection[Any]) -> None:
    expected = Counter(
        (t["by"], t["to"], t["kind"], t["result"])
        for call in CALLS
        for t in call["transfers"]
        if t["kind"] in ("blind", "attended", "semi_attended")
    )
    found: Counter[Any] = Counter()
    for row in answers(analysed, 3):
        found[row["transferred_by"], row["transferred_to"], row["kind"], row["result"]] += row["times"]
    assert found == expected


def test_missed_against_answered_elsewhere(analysed: psycopg.Connection[Any]) -> None:
    columns = {
        "answered": "answered",
        "no_answer": "missed",
        "cancelled": "missed",
        "answered_elsewhere": "answered_elsewhere",
        "busy": "turned_away",
        "rejected": "turned_away",
    }
    expected: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for call in CALLS:
        if call["direction"] != "outbound":
            for offer in call["offers"]:
                if offer["outcome"] in columns:
                    expected[offer["to"]][columns[offer["outcome"]]] += 1
    found = {row.pop("phone"): row for row in answers(analysed, 4)}
    assert {phone: {k: n for k, n in row.items() if n} for phone, row in found.items() if any(row.values())} == expected


def test_talk_per_agent_and_queue(analysed: psycopg.Connection[Any]) -> None:
    queued = [call for call in CALLS if any(s["kind"] == "queue" for s in call.get("segments", []))]
    expected = {talk["parties"][1]: talk["seconds"] for call in queued for talk in call["talk"]}
    rows = answers(analysed, 5)
    assert {row["agent"]: float(row["talked"]) for row in rows} == pytest.approx(expected, abs=0.5)


def test_answer_seizure_ratio(analysed: psycopg.Connection[Any]) -> None:
    expected = Counter(call["direction"] for call in CALLS)
    answered = Counter(call["direction"] for call in CALLS if call["answered"])
    found: Counter[str] = Counter()
    ratio: Counter[str] = Counter()
    for row in answers(analysed, 6):
        found[row["direction"]] += row["seizures"]
        ratio[row["direction"]] += round(row["seizures"] * row["answer_seizure_ratio"] / 100)
    assert found == expected
    assert ratio == answered


def test_answered_by_somebody_else(analysed: psycopg.Connection[Any]) -> None:
    expected = Counter(
        (call["dialled"], call["answered_by"])
        for call in CALLS
        if call["direction"] == "internal"
        and call["answered"]
        and call.get("answered_by") not in (None, call["dialled"])
        and not call.get("memberships")
    )
    rows = answers(analysed, 7)
    found = Counter((row["dialled"], row["answered_by"]) for row in rows)
    assert not expected - found, "expected but not told"
    told_otherwise = Counter({pair: n for pair, n in (found - expected).items() if pair in expected})
    assert not told_otherwise
    assert {"picked up", "forwarded"} <= {row["how"] for row in rows}


def test_holds(analysed: psycopg.Connection[Any]) -> None:
    by = Counter(hold["by"] for call in CALLS for hold in call.get("holds", []))
    found: Counter[str] = Counter()
    for row in answers(analysed, 8):
        found[row["held_by"]] += row["holds"]
    assert set(by) <= set(found)


def test_callers_who_were_not_called_back(analysed: psycopg.Connection[Any]) -> None:
    before = [row["caller"] for row in answers(analysed, 9)]
    # What is left out was called back, or called again and got through: check with one that nobody called back.
    position = analysed.execute("SELECT position FROM log.projection").fetchone()
    assert position is not None
    store(analysed.info.dsn, [ABANDONED], at=position[0])
    try:
        assert [row["caller"] for row in answers(analysed, 9)] == sorted([*before, "+4930999"])
    finally:
        analysed.execute("DELETE FROM calls.call WHERE call_id = 'never called back'")


def test_quality(analysed: psycopg.Connection[Any]) -> None:
    rows = answers(analysed, 10)
    assert sum(row["calls"] for row in rows) == len(CALLS)
    assert rows[0]["quality"] == "observed"
