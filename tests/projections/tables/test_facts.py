"""What a row says that the document does not say in one place."""

import msgspec
import pytest

from projections.callflow.document import Caller, Offer, Segment
from projections.tables import facts
from projections.tables.rows import document_of, rows_of
from projections.tables.table import CALL, SEARCH, TABLES, texts
from tests.projections.made_calls import NOON, SECOND, a_call, queue, talk, transfer

pytestmark = pytest.mark.pure


def row(call: object) -> dict[str, object]:
    return dict(zip([name for name, _ in CALL.columns], rows_of(call, True)[CALL][0], strict=False))  # type: ignore[arg-type]


def test_a_queue_and_its_agent() -> None:
    call = a_call(
        segments=[queue("support", "1001", NOON, 12.5), talk("1001", "1003", NOON + 13 * SECOND, 20)],
        offers=[
            Offer(to="1002", started_at=NOON + SECOND, ended_at=NOON + 3 * SECOND, outcome="no_answer"),
            Offer(to="1003", started_at=NOON + 4 * SECOND, ended_at=NOON + 13 * SECOND, outcome="answered"),
        ],
    )
    found = row(call)
    assert (found["queue"], found["agent"], found["waited_seconds"]) == ("support", "1003", 12.5)
    assert found["ring_seconds"] == 12.0
    assert found["last_party"] == "1003"


def test_a_transfer_before_the_queue_does_not_make_an_agent() -> None:
    call = a_call(segments=[talk("1001", "1002", NOON, 5), queue("support", "1001", NOON + 6 * SECOND, 3)])
    assert row(call)["agent"] is None


def test_holds_that_overlap_count_once() -> None:
    def hold(start: int, end: int) -> Segment:
        return Segment(kind="hold", parties=["1001"], started_at=NOON + start * SECOND, ended_at=NOON + end * SECOND)

    call = a_call(segments=[hold(10, 20), hold(15, 18), hold(19, 25), hold(40, 41)])
    assert facts.held_seconds(call) == 16.0


@pytest.mark.parametrize(
    ("transfers", "expected"),
    [
        ([], (0, False)),
        ([transfer("forward", "1002", "1001", "1003", NOON)], (0, False)),
        ([transfer("blind", "1002", "1001", "1003", NOON, "failed")], (1, False)),
        ([transfer("blind", "1002", "1001", "1003", NOON), transfer("pickup", "1", "2", "3", NOON)], (1, True)),
    ],
)
def test_transfers_are_those_of_people(transfers: list[object], expected: tuple[int, bool]) -> None:
    assert facts.transfers(a_call(transfers=transfers)) == expected


def test_a_phone_that_still_rings_has_no_ring_time_yet() -> None:
    ringing = Offer(to="1002", started_at=NOON)
    silent = Offer(to="1003", started_at=NOON, ended_at=NOON + SECOND, outcome="no_answer")
    assert facts.ring_seconds(a_call(offers=[ringing, silent])) is None
    assert facts.ring_seconds(a_call(offers=[silent])) == 1.0
    assert facts.ring_seconds(a_call(offers=[])) is None


def test_everybody_in_a_call_can_be_searched_for_once() -> None:
    call = a_call(transfers=[transfer("blind", "1002", "1001", "1009", NOON)])
    terms = facts.search_terms(call)
    assert len(terms) == len(set(terms))
    assert {value for kind, value in terms if kind == "number"} == {"1001", "1002", "1009"}
    assert {value for kind, value in terms if kind == "user"} == {"1001@alpha.example", "1002@alpha.example"}


def test_rows_have_as_many_values_as_columns() -> None:
    call = a_call(segments=[queue("q", "1", NOON, 1)], transfers=[transfer("blind", "1", "2", "3", NOON)])
    rows = rows_of(call, False)
    for table in TABLES:
        for one in rows.get(table, []):
            assert len(one) == len(table.columns) - (table is CALL)
    assert len(rows[SEARCH]) == len(facts.search_terms(call))


@pytest.mark.parametrize("name", ["\0", "a\0b", "\\\0", "\\u0000", "\\\\u0000", "\\\\\0\0"])
def test_no_nul_reaches_the_database_and_nothing_else_changes(name: str) -> None:
    call = a_call(from_=Caller(party="1001", name=name))
    document = document_of(call)
    assert msgspec.json.decode(document)["from"]["name"] == name.replace("\0", "\ufffd")
    assert row(call)["from_name"] == name.replace("\0", "\ufffd")


def test_arrays_have_the_wire_form_of_postgresql() -> None:
    assert texts([]) == b"\0\0\0\0\0\0\0\0\0\0\0\x19"
    head = b"\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0\x02\0\0\0\x01"
    assert texts(["a", "\u00e9"]) == head + b"\0\0\0\x01a\0\0\0\x02\xc3\xa9"
