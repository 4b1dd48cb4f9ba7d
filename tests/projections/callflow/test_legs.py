"""Legs as all their facts together describe them: names, parties, who called whom, where a call began."""

import pytest

from projections.callflow.fact import Fact
from projections.callflow.leg import Leg
from projections.callflow.legs import first_names, legs_of
from projections.callflow.origin import root_of
from projections.callflow.slices import whole
from tests.projections.callflow.facts import BEGIN, Story

pytestmark = pytest.mark.pure


def _facts(story: Story) -> list[Fact]:
    return sorted(story.facts, key=lambda fact: fact.order)


def _legs(story: Story) -> dict[str, Leg]:
    facts = _facts(story)
    return whole(legs_of(facts, first_names(facts)))


def test_a_leg_of_three_names_goes_by_the_first() -> None:
    story = Story().tell(1, "renamed", "b", old="a").tell(2, "renamed", "c", old="b")
    assert first_names(_facts(story)) == {"b": "a", "c": "a"}


def test_names_in_a_circle_end() -> None:
    story = Story().tell(1, "renamed", "b", old="a").tell(2, "renamed", "a", old="b")
    assert set(first_names(_facts(story))) == {"a", "b"}


def test_a_leg_is_believed_at_its_first_saying() -> None:
    """Transfers and pickups overwrite numbers and destinations later."""
    story = Story().user(0, "a", "1001", "1002").answers(1, "a", number="1009", destination="1003")
    leg = _legs(story)["a"]
    assert (leg.party, leg.number, leg.destination) == ("1001", "1001", "1002")


def test_the_strongest_field_says_who_made_a_leg() -> None:
    story = Story().user(0, "a", "1001", "1002").user(0.1, "x", "1005", "1002")
    story.tell(1, "create", "b", ("x", "other_leg"), direction="outbound").tell(2, "answer", "b", ("a", "originator"))
    assert _legs(story)["b"].parent == "a"


def test_a_bridge_says_nothing_of_who_called() -> None:
    story = Story().user(0, "a", "1001", "1002").user(0.1, "b", "1002", "1003").bridged(1, "a", "b")
    assert [leg.parent for leg in _legs(story).values()] == [None, None]


def test_a_call_begins_with_the_first_of_the_legs_that_nobody_made() -> None:
    story = Story().user(1, "late", "1002", "1003").user(0, "early", "1001", "1002").rings(0.5, "b", "1002", "early")
    assert root_of(_legs(story)).leg_id == "early"


def test_a_call_can_begin_with_a_leg_that_is_only_named() -> None:
    made = {"direction": "outbound", "created": str(BEGIN + 1_000_000)}
    story = Story().tell(1, "create", "b", ("lost", "originator"), **made).user(2, "c", "1001", "1002")
    assert root_of(_legs(story)).leg_id == "lost"


def test_an_outsider_who_shows_an_insiders_number_is_not_that_insider() -> None:
    story = Story().outsider(0, "a", "1002", "+49305550").rings(0.1, "b", "1002", "a")
    legs = _legs(story)
    assert (legs["a"].party, legs["a"].user) == ("1002", None)
    assert legs["b"].party == "1002@alpha.example"


def test_users_of_one_number_and_two_companies_are_two_parties() -> None:
    story = Story().user(0, "a", "1001", "1002")
    story.tell(1, "create", "b", direction="outbound", dialed_user="1001", dialed_domain="beta.example")
    assert [leg.party for leg in _legs(story).values()] == ["1001", "1001@beta.example"]


def test_who_consults_is_who_transfers_however_his_number_is_written() -> None:
    story = Story().outsider(0, "a", "01705554444", "1002").outsider(1, "c", "+491705554444", "1003")
    legs = _legs(story.ends(5, "a", refer="c"))
    assert legs["c"].party == "01705554444"


def test_the_answers_own_time_counts_and_not_the_switchs_tick() -> None:
    story = Story().user(0, "a", "1001", "1002").answers(1.234567, "a", answered=str(BEGIN + 1_240_000))
    assert _legs(story)["a"].answered_at == BEGIN + 1_234_567


def test_a_recovered_leg_was_answered_when_it_was_first_answered() -> None:
    story = Story().user(0, "a", "1001", "1002").answers(1, "a").answers(60, "a", recovered="true")
    assert _legs(story)["a"].answered_at == BEGIN + 1_000_000


def test_a_leg_that_fell_silent_with_its_switch_ended_between_then_and_the_restart() -> None:
    story = Story().user(0, "a", "1001", "1002").answers(1, "a")
    story.facts.append(Fact(BEGIN + 60_000_000, 2, 1, "lost", "a", 9, "freeswitch@pbx1", {}))
    leg = _legs(story)["a"]
    assert (leg.ended_at, leg.end_bound) == (BEGIN + 1_000_000, BEGIN + 60_000_000)
    assert (leg.end_quality, leg.closed) == ("inferred", True)


def test_an_end_that_was_seen_is_not_changed_by_a_loss() -> None:
    story = Story().user(0, "a", "1001", "1002").ends(5, "a")
    story.facts.append(Fact(BEGIN + 60_000_000, 2, 1, "lost", "a", 9, "freeswitch@pbx1", {}))
    leg = _legs(story)["a"]
    assert (leg.ended_at, leg.end_quality) == (BEGIN + 5_000_000, "observed")
