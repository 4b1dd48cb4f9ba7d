"""Writing what changed: whatever was there before, the tables end as if everything were written anew."""

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from projections.callflow.changes import CallState, Changes, Merged
from projections.callflow.document import Call, Segment
from projections.tables import CallTables
from tests.projections.filling import READ_MODELS, tables
from tests.projections.made_calls import NOON, SECOND, a_call, queue, store, talk

pytestmark = pytest.mark.database


def some_version(rng: random.Random, call_id: str, version: int, live: bool) -> Call:
    segments = [talk("1001", str(1000 + rng.randrange(5)), NOON + n * SECOND, 1) for n in range(rng.randrange(6))]
    if rng.random() < 0.5:  # in which queue the others were depends on it
        segments.insert(0, queue("support", "1001", NOON + rng.randrange(3) * SECOND, 1))
    return a_call(
        call_id,
        version=version,
        segments=segments,
        ended_at=None if live else NOON + 90 * SECOND,
        dialled=str(rng.randrange(3)),
    )


def test_any_history_of_versions_ends_in_the_rows_of_the_last(new_dsn: Callable[[], str]) -> None:
    rng = random.Random(7)
    changing, fresh = new_dsn(), new_dsn()
    memory = CallTables()
    last: dict[str, Call] = {}
    for version in range(40):
        chosen = rng.sample(range(8), 3)
        calls = [some_version(rng, f"call-{n}", version, live=rng.random() < 0.7) for n in chosen]
        last |= {call.call_id: call for call in calls}
        if rng.random() < 0.2:
            memory.forget()
        store(changing, calls, at=version, tables=memory, long=rng.random() < 0.8)
    store(fresh, list(last.values()))
    assert tables(changing, READ_MODELS) == tables(fresh, READ_MODELS)


def test_only_rows_that_changed_are_written(dsn: str) -> None:
    memory = CallTables()
    segments = [talk("1001", "1002", NOON + n * SECOND, 1) for n in range(5)]
    store(dsn, [a_call(segments=segments, ended_at=None)], tables=memory)
    query = "SELECT n, xmin::text FROM calls.segment ORDER BY n"
    with psycopg.connect(dsn) as connection:
        before: dict[Any, Any] = dict(connection.execute(query).fetchall())
    changed = [*segments[:2], Segment(kind="hold", parties=["1001"], started_at=NOON), *segments[3:]]
    store(dsn, [a_call(segments=changed, ended_at=None)], tables=memory)
    with psycopg.connect(dsn) as connection:
        after: dict[Any, Any] = dict(connection.execute(query).fetchall())
    assert {n for n in after if after[n] != before[n]} == {2}


def test_parts_of_a_state_are_written_once_and_read_in_order(dsn: str) -> None:
    tables = CallTables()

    def write(state: bytes, parts: tuple[bytes, ...], first: int, renewed: bool = False) -> list[list[bytes]]:
        part = CallState(
            call_id="call",
            document=None,
            state=state,
            parts=parts,
            first_part=first,
            renewed=renewed,
            legs=["call"],
            live=True,
            events=[],
            shown=False,
        )
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            tables.write(cursor, Changes(calls=[part], merged=[]), 10)
            assert tables.load_live(cursor) == tables.load(cursor, ["call"])
            return tables.load(cursor, ["call"])

    assert write(b"head", (), 0) == [[b"head"]]
    assert write(b"head", (b"one", b"two"), 0) == [[b"one", b"two", b"head"]]
    assert write(b"later", (b"three",), 2) == [[b"one", b"two", b"three", b"later"]]
    assert write(b"last", (b"all",), 0, renewed=True) == [[b"all", b"last"]]


def test_a_merged_call_leaves_no_row_but_its_alias(dsn: str) -> None:
    memory = CallTables()
    store(dsn, [a_call("one", ended_at=None), a_call("two", ended_at=None)], tables=memory)
    survivor = a_call("one", aliases=["two"], ended_at=None)
    store(dsn, [survivor], [Merged(alias="two", call_id="one", position=7)], at=20, tables=memory)
    # And that one turns out to be part of a third, in the same page as a fourth that was never stored.
    merged = [Merged(alias="four", call_id="one", position=8), Merged(alias="one", call_id="zero", position=9)]
    store(dsn, [a_call("zero", aliases=["one", "two", "four"])], merged, at=30, tables=memory)
    found = tables(dsn)
    for name in ("calls.call", "calls.fold_state", "calls.leg", "calls.offer"):
        assert [row for row in found[name] if "'zero'" not in row] == [], name
    with psycopg.connect(dsn) as connection:
        aliases = connection.execute("SELECT alias, call_id, position FROM calls.alias ORDER BY 1").fetchall()
        assert aliases == [("four", "zero", 8), ("one", "zero", 9), ("two", "zero", 7)]
        assert connection.execute("SELECT DISTINCT call_id FROM calls.fold_leg").fetchall() == [("zero",)]


def test_hostile_and_endless_texts_are_stored(dsn: str) -> None:
    name = "x\0'; DROP TABLE calls.call; --\n\\" + "\u4e2d" * 5000
    store(dsn, [a_call(dialled=name, tenant=name, answered_by=name)])
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT dialled, document ->> 'dialled' FROM calls.call").fetchone()
    assert row is not None
    assert row[0] == name.replace("\0", "\ufffd")[:200]
    assert row[1] == name.replace("\0", "\ufffd")
