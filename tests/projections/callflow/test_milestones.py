"""News of a call: each thing once, corrected when it was otherwise, under ids that depend on nothing but the log."""

import pytest
from msgspec import structs

from projections.callflow.document import Call
from projections.callflow.milestones import Published, merges, milestones
from projections.callflow.slices import whole
from tests.projections.callflow.facts import talk

pytestmark = pytest.mark.pure


def _news(call: Call, published: Published, *aliases: str) -> list[tuple[str, dict[str, object]]]:
    return [(event.type, event.data) for event in whole(milestones(call, published, set(aliases)))]


def _answered_by(call: Call, party: str) -> Call:
    return structs.replace(call, answered_by=party)


def test_what_was_published_is_not_published_again() -> None:
    published, call = Published(), talk().call()
    assert [kind for kind, _ in _news(call, published)] == [
        "call.started",
        "call.offered",
        "call.offer_ended",
        "call.answered",
        "call.talking",
    ]
    assert _news(call, published) == []


def test_what_turns_out_otherwise_is_corrected_with_what_it_is_now() -> None:
    published, call = Published(), talk().call()
    _news(call, published)
    ((kind, data),) = _news(_answered_by(call, "1009"), published)
    assert kind == "call.corrected"
    assert data == {"type": "call.answered", "key": call.call_id, "data": {"by": "1009"}}


def test_what_did_not_happen_is_withdrawn_and_can_come_back() -> None:
    published, call = Published(), talk().call()
    _news(call, published)
    silent = structs.replace(call, answered_at=None)
    assert [(kind, data["data"]) for kind, data in _news(silent, published)] == [("call.corrected", None)]
    assert _news(silent, published) == []
    assert [(kind, data["data"]) for kind, data in _news(call, published)] == [("call.corrected", {"by": "1002"})]


def test_corrections_back_and_forth_have_ids_of_their_own() -> None:
    """The log drops a second event of one id, and its readers would stay with what is untrue."""
    published, call = Published(), talk().call()
    events = [
        event
        for party in ("1002", "1009", "1002", "1009")
        for event in whole(milestones(_answered_by(call, party), published, set()))
    ]
    corrected = [event for event in events if event.type == "call.corrected"]
    assert [event.data["data"]["by"] for event in corrected] == ["1009", "1002", "1009"]
    assert len({event.event_id for event in events}) == len(events)


def test_the_same_news_have_the_same_ids_each_time() -> None:
    call = talk().call()
    first, second = (whole(milestones(call, Published(), set())) for _ in range(2))
    assert [event.event_id for event in first] == [event.event_id for event in second]


def test_news_come_in_the_order_in_which_things_happened() -> None:
    story = talk().tell(2, "hold", "b").tell(4, "unhold", "b").ends(6, "b", "recv_bye").ends(6, "a")
    events = whole(milestones(story.call(), Published(), set()))
    assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
    assert events[-1].type == "call.ended"


def test_who_fetches_a_parked_caller_is_not_known_when_he_is_parked() -> None:
    story = talk().executes(3, "b", "transfer", "-bleg 5960 XML alpha.example", "1002", context="alpha.example")
    story.ends(3, "b").tell(3.1, "valet", "a", action="hold", lot="5960").user(5, "c", "1003", "5960").answers(5, "c")
    story.tell(5.1, "valet", "a", ("c", "valet_park"), action="bridge", lot="5960", to="c").bridged(5.1, "a", "c")
    told = dict(_news(story.ends(9, "c", "recv_bye").ends(9, "a").call(), Published()))
    assert told["call.parked"]["detail"] == {"lot": "5960", "parked_by": "1002"}
    assert told["call.unparked"]["detail"] == {"lot": "5960", "parked_by": "1002", "retrieved_by": "1003"}


def test_a_merge_is_published_once_for_each_id() -> None:
    published, call = Published(), talk().call()
    assert [event.data for event in merges(call, published, {"x", "y"}, 1)] == [{"alias": "x"}, {"alias": "y"}]
    assert merges(call, published, {"x", "y"}, 2) == []


def test_what_a_call_was_before_it_was_merged_is_not_taken_back() -> None:
    published, call = Published(), talk().call()
    published.news["call.started|consultation"] = 1
    assert "call.corrected" not in [kind for kind, _ in _news(call, published, "consultation")]
    published.news["call.started|other"] = 1
    assert "call.corrected" in [kind for kind, _ in _news(call, published, "consultation")]
