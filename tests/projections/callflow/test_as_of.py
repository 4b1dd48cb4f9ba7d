"""What a call was when the log was shorter, from the facts that had come by then: one rule a test."""

import pytest

from projections.callflow.as_of import live_as_of, positions
from projections.callflow.fact import Fact
from projections.callflow.group import Group
from tests.projections.callflow.facts import Story, talk

pytestmark = pytest.mark.pure


def _stored(story: Story) -> list[bytes]:
    group = Group()
    for fact in story.facts:
        group.add(fact)
    rest = group.rest()
    return [*rest.parts, rest.head]


def _states(story: Story, position: int, closed: bool = True) -> list[tuple[str, str]]:
    calls = live_as_of(_stored(story), position, lambda fact: closed)
    return sorted((call.call_id, call.state) for call in calls)


ENDED = talk().ends(9, "b", "recv_bye").ends(9, "a")


def test_what_had_not_happened_yet_does_not_count() -> None:
    assert _states(ENDED, 3) == [("a", "ringing")]
    assert _states(ENDED, 6) == [("a", "talking")]


def test_a_call_that_was_over_does_not_live() -> None:
    assert _states(ENDED, len(ENDED.facts)) == []


def test_before_its_first_event_there_was_no_call() -> None:
    assert _states(ENDED, 0) == []


def test_parts_that_were_calls_of_their_own_are_so_again() -> None:
    story = talk().user(3, "c", "1003", "1004").rings(3.1, "d", "1004", "c").answers(4, "c", "d").bridged(4, "c", "d")
    before = len(story.facts)
    story.tell(6, "hold", "a", ("c", "refer_uuid"))
    assert _states(story, before) == [("a", "talking"), ("c", "talking")]
    assert [call_id for call_id, _ in _states(story, before + 1)] == ["a"]


@pytest.mark.parametrize(("passed", "lives"), [(True, []), (False, ["a"])])
def test_a_leg_is_closed_by_time_only_when_the_time_had_passed(passed: bool, lives: list[str]) -> None:
    story = Story().user(0, "a", "1001", "9000").answers(1, "a").tell(5, "hangup", "a", cause="NORMAL_CLEARING")
    story.tell(10, "closed", "a")

    def closed(fact: Fact) -> bool:
        assert fact.kind == "closed"
        return passed

    assert [call.call_id for call in live_as_of(_stored(story), 10, closed)] == lives


def test_the_positions_of_a_call_are_each_named_once() -> None:
    assert positions(_stored(talk())) == [1, 2, 3, 4, 5, 6]
