"""What the document looks like as JSON."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from projections.callflow import document
from projections.callflow.document import Call, Caller, Segment, Transfer, instant, instant_text, render, rendering
from projections.callflow.slices import whole
from tests.projections.callflow.folding import events_of, fold_all

pytestmark = pytest.mark.pure


def a_call(**fields: object) -> Call:
    given_fields: dict[str, object] = {
        "call_id": "leg-1",
        "direction": "internal",
        "from_": Caller(party="1001"),
        "state": "ringing",
        "started_at": 1795423876818426,
        "first_position": 1,
        "last_position": 2,
    }
    return Call(**(given_fields | fields))  # type: ignore[arg-type]


def test_instants_are_text_with_microseconds_and_z() -> None:
    shown = msgspec.json.decode(render(a_call(answered_at=1795423877000000)))
    assert shown["started_at"] == "2026-11-23T08:51:16.818426Z"
    assert shown["answered_at"] == "2026-11-23T08:51:17.000000Z"
    assert shown["ended_at"] is None


def test_parts_have_the_names_of_the_contract() -> None:
    call = a_call(transfers=[Transfer(kind="blind", by="1002", from_="1001", to="1003", at=5, result="completed")])
    shown = msgspec.json.decode(render(call))
    assert shown["from"]["party"] == "1001"
    assert shown["transfers"] == [
        {
            "kind": "blind",
            "by": "1002",
            "from": "1001",
            "to": "1003",
            "at": "1970-01-01T00:00:00.000005Z",
            "result": "completed",
            "passes": 1,
        }
    ]


def test_details_keep_their_numbers_unless_they_are_instants() -> None:
    call = a_call(segments=[Segment(kind="record", parties=[], started_at=0, detail={"format": 5, "cut_at": 7})])
    detail = msgspec.json.decode(render(call))["segments"][0]["detail"]
    assert detail == {"format": 5, "cut_at": "1970-01-01T00:00:00.000007Z"}


@given(st.text())
def test_no_name_is_taken_for_an_instant(name: str) -> None:
    for hostile in (name, f'"at":12{name}', f'{name}\\"started_at":5'):
        hostile = hostile.encode("utf-8", "replace").decode()
        assert msgspec.json.decode(render(a_call(from_=Caller(name=hostile))))["from"]["name"] == hostile


@given(st.integers(min_value=-(62 * 10**15), max_value=10**16))  # from the year 5: four digits all the same
@example(micros=-62_135_596_800_000_000)
def test_an_instant_survives_as_text(micros: int) -> None:
    assert instant(instant_text(micros)) == micros
    assert len(instant_text(micros)) == len("2026-11-23T08:51:16.818426Z")


@pytest.mark.parametrize("name", ["17-hold-twice", "13-attended-transfer-by-callee", "30-queue-answered"])
def test_a_document_that_is_rendered_in_slices_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_AT_ONCE", 2)
    for call in fold_all(events_of(name)).calls.values():
        assert whole(rendering(call)) == render(call)
