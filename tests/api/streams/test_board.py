"""Live changes by company: everybody is told of his own, also when calls merge or turn out to be another's."""

from __future__ import annotations

import json

import msgspec
import pytest

from api.streams.board import EVERYBODY, Board, Viewer
from core.reach import reach
from projections.query.feed import Changed, Delta, Mark

pytestmark = pytest.mark.pure
A, B = Viewer("alpha.example"), Viewer("beta.example")


def call(name: str, tenant: str | None, live: bool = True, user: str | None = None) -> Changed:
    document = {"call_id": name} | ({"direction": "internal", "from": {"user": user}} if user else {})
    return Changed(name, tenant, live, msgspec.json.encode(document))


def told(*deltas: Delta) -> dict[Viewer, list[str]]:
    """What those of both companies and an operator are told of the last delta; `again`: to look anew."""
    board = Board()
    for delta in deltas[:-1]:
        board.take(delta)
    changes = board.take(deltas[-1])
    found: dict[Viewer, list[str]] = {}
    for viewer in (A, B, EVERYBODY):
        mine = [one for one in changes if one.concerns(viewer)]
        again = any(one.takes_away_from(viewer) for one in mine)
        found[viewer] = ["again"] if again else [f"{one.kind} {one.data.decode()}" for one in mine]
    return found


FIRST = Delta(
    Mark(1, 1),
    True,
    [call("a1", "alpha.example"), call("a2", "alpha.example"), call("b1", "beta.example"), call("n1", None)],
    [],
)


def test_a_snapshot_is_of_ones_own() -> None:
    board = Board()
    board.take(FIRST)
    assert board.position == 1
    assert board.documents(A) == [b'{"call_id":"a1"}', b'{"call_id":"a2"}']
    assert board.documents(B) == [b'{"call_id":"b1"}']
    assert len(board.documents(EVERYBODY)) == 4
    assert board.documents(Viewer("gamma.example")) == []


def test_a_reset_is_for_everybody() -> None:
    assert told(FIRST, FIRST) == {A: ["again"], B: ["again"], EVERYBODY: ["again"]}


def test_changes_go_to_whom_they_concern() -> None:
    changed = [call("a1", "alpha.example", live=False), call("b2", "beta.example"), call("n2", None)]
    found = told(FIRST, Delta(Mark(2, 1), False, changed, []))
    assert found[A] == ['ended {"call_id":"a1"}']
    assert found[B] == ['call {"call_id":"b2"}']
    assert len(found[EVERYBODY]) == 3


def test_a_merge_within_a_company_is_told_to_it_alone() -> None:
    found = told(FIRST, Delta(Mark(2, 1), False, [call("a1", "alpha.example")], [("a2", "a1")]))
    assert found[A] == ['merged {"alias":"a2","call_id":"a1"}', 'call {"call_id":"a1"}']
    assert found[B] == []


def test_a_call_that_becomes_part_of_anothers_just_goes() -> None:
    """Whose it was begins anew with its own picture: the other's ids are not told."""
    found = told(FIRST, Delta(Mark(2, 1), False, [call("a1", "alpha.example")], [("b1", "a1")]))
    assert found[B] == ["again"]
    assert found[A] == ['merged {"alias":"b1","call_id":"a1"}', 'call {"call_id":"a1"}']


def test_a_call_that_turns_out_to_be_anothers_just_goes() -> None:
    found = told(FIRST, Delta(Mark(2, 1), False, [call("a1", "beta.example"), call("n1", "alpha.example")], []))
    assert found[A] == ["again"]
    assert found[B] == ['call {"call_id":"a1"}']
    assert len(found[EVERYBODY]) == 2


def test_who_sees_his_own_calls_looks_anew_when_one_is_his_no_more() -> None:
    mine = Viewer("alpha.example", reach(["1001@alpha.example"]))
    board = Board()
    board.take(Delta(Mark(1, 1), True, [call("a1", "alpha.example", user="1001@alpha.example")], []))
    assert [json.loads(one)["call_id"] for one in board.documents(mine)] == ["a1"]
    (change,) = board.take(Delta(Mark(2, 1), False, [call("a1", "alpha.example", user="1002@alpha.example")], []))
    assert change.takes_away_from(mine)
    assert not change.takes_away_from(A)
    assert board.documents(mine) == []
