"""What the rules of transfers look up: by leg and time, whatever else the call has lived through."""

import pytest

from projections.callflow.document import SegmentKind
from projections.callflow.leg import Leg
from projections.callflow.legs import first_names, legs_of
from projections.callflow.moves import Moves, _Stretches, service_party
from projections.callflow.slices import whole
from projections.callflow.timeline import Stretch, course_of
from tests.projections.callflow.facts import BEGIN, Story, talk

pytestmark = pytest.mark.pure


def _stretches(*spans: tuple[int, int | None]) -> _Stretches:
    found = _Stretches()
    for begin, end in spans:
        found.add(Stretch("talk", ("a", "b"), "", "", begin, end))
    return found


def test_a_long_stretch_that_began_early_is_found_behind_short_ones() -> None:
    """Ends are not sorted as beginnings are: the first may be the last to end."""
    found = _stretches((0, 100), (10, 20), (30, 40))
    assert [one.started_at for one in found.lasting_after(50)] == [0]
    assert [one.started_at for one in found.lasting_after(35)] == [0, 30]
    assert list(found.lasting_after(100)) == []


def test_a_stretch_that_still_lasts_ends_after_everything() -> None:
    found = _stretches((0, None), (10, 20))
    assert [one.started_at for one in found.lasting_after(1 << 50)] == [0]
    assert found.any_between(1000, 2000)


def test_stretches_are_found_by_their_beginning() -> None:
    found = _stretches((0, 5), (10, 20), (30, 40))
    last = found.last_begun(29)
    assert last is not None
    assert last.started_at == 10
    assert found.last_begun(-1) is None
    assert [one.started_at for one in found.begun_from(10)] == [10, 30]
    assert not found.any_between(6, 9)
    assert found.any_between(15, 16)


def _moves(story: Story) -> Moves:
    facts = sorted(story.facts, key=lambda fact: fact.order)
    names = first_names(facts)
    legs = whole(legs_of(facts, names))
    return Moves(facts, legs, names, whole(course_of(facts, legs, names)))


def _at(seconds: float) -> int:
    return BEGIN + int(seconds * 1_000_000)


def test_a_peer_is_whom_a_leg_talked_with_last_before() -> None:
    moves = _moves(
        talk().tell(3, "unbridge", "a", a="a", b="b").rings(4, "c", "1003", "a").answers(5, "c").bridged(5, "a", "c")
    )
    before, after = moves.peer(moves.legs["a"], _at(4)), moves.peer(moves.legs["a"], _at(6))
    assert before is moves.legs["b"]
    assert after is moves.legs["c"]
    assert moves.peer(moves.legs["a"], _at(0.5)) is None


def test_a_talk_that_ends_with_the_transfer_does_not_count_after_it() -> None:
    moves = _moves(talk().tell(3.02, "unbridge", "a", a="a", b="b"))
    a, b = moves.legs["a"], moves.legs["b"]
    assert not moves.talked(a, [b], _at(3))
    assert moves.talked(a, [b], _at(2))


def test_a_phone_called_an_instant_before_the_transfer_was_called_for_it() -> None:
    moves = _moves(talk().rings(3, "c", "1003", "a"))
    a = moves.legs["a"]
    assert [one.leg_id for one in moves.called(a, _at(3.04))] == ["c"]
    assert not moves.called(a, _at(3.1))


def test_a_caller_is_seen_through_loopback_wire() -> None:
    story = Story().user(0, "a", "1001", "1002")
    story.tell(0.1, "create", "l1", ("a", "originator"), name="loopback/1002-a", direction="outbound", loopback="l2")
    story.tell(0.1, "create", "l2", name="loopback/1002-b", direction="inbound", loopback="l1")
    moves = _moves(story.rings(0.2, "b", "1002", "l2"))
    assert moves.caller(moves.legs["b"]) is moves.legs["a"]


def test_who_is_moved_to_a_phone_that_talks_with_him_has_reached_it() -> None:
    story = talk().ends(3, "b").executes(3.1, "a", "bridge", "user/1003", "1003").rings(3.2, "c", "1003", "a")
    ringing = _moves(story)
    reached = ringing.reached(ringing.legs["a"], _at(3))
    assert (reached.to, reached.result) == ("1003", None)
    met = _moves(story.answers(5, "c").bridged(5, "a", "c"))
    assert met.reached(met.legs["a"], _at(3)).result == "completed"


def test_who_is_moved_to_a_phone_and_leaves_before_it_answers_has_not_reached_it() -> None:
    story = talk().ends(3, "b").executes(3.1, "a", "bridge", "user/1003", "1003").rings(3.2, "c", "1003", "a")
    moves = _moves(story.ends(6, "a", "recv_bye").ends(6, "c", "send_cancel", "ORIGINATOR_CANCEL"))
    assert moves.reached(moves.legs["a"], _at(3)).result == "failed"


def test_who_is_moved_into_a_queue_has_reached_the_queue() -> None:
    story = talk().ends(3, "b").tell(3.1, "queue", "a", action="enter", queue="support@alpha.example")
    moves = _moves(story)
    reached = moves.reached(moves.legs["a"], _at(3))
    assert (reached.to, reached.result, reached.service) == ("queue:support", "completed", "queue")


def test_the_mailbox_of_the_number_itself_is_where_a_transfer_fails() -> None:
    story = talk().ends(3, "b").executes(3.1, "a", "voicemail", "default alpha.example 1003", "1003")
    moves = _moves(story)
    reached = moves.reached(moves.legs["a"], _at(3))
    assert (reached.to, reached.result) == ("1003", "failed")


def test_who_comes_back_to_the_transferor_is_returned() -> None:
    story = talk().ends(3, "b").executes(3.1, "a", "bridge", "user/1003", "1003").rings(3.2, "c", "1003", "a")
    story.ends(6, "c", "send_cancel", "NO_ANSWER").rings(7, "d", "1002", "a").answers(8, "d").bridged(8, "a", "d")
    moves = _moves(story)
    reached = moves.reached(moves.legs["a"], _at(3), by=moves.legs["b"])
    assert (reached.to, reached.result) == ("1003", "returned")


@pytest.mark.parametrize(
    ("kind", "what", "party"),
    [
        ("voicemail", "default alpha.example 1005", "voicemail:1005"),
        ("queue", "support@alpha.example", "queue:support"),
        ("conference", "3001", "conference:3001"),
        ("park", "", "park"),
        ("ivr", "main", "ivr:main"),
    ],
)
def test_a_service_is_a_party_by_its_kind_and_name(kind: SegmentKind, what: str, party: str) -> None:
    assert service_party(Stretch(kind, ("a",), "", what, 0), Leg("a")) == party
