"""The facts of one call in memory: each once, in the switch's order; which legs live follows from them in any order."""

from itertools import permutations

import pytest

from projections.callflow.fact import Fact, Kind
from projections.callflow.group import UNKNOWN_RUN, Group, facts_of, restored
from tests.projections.callflow.facts import BEGIN, talk

pytestmark = pytest.mark.pure


def _fact(seq: int, kind: Kind, leg: str = "a", run: int = 1) -> Fact:
    return Fact(BEGIN + seq * 10, run, seq, kind, leg, seq, "freeswitch@pbx1", {})


def _group(*facts: Fact) -> Group:
    group = Group()
    for fact in facts:
        group.add(fact)
    return group


def test_a_fact_counts_once() -> None:
    group = Group()
    assert group.add(_fact(1, "create"))
    assert not group.add(_fact(1, "create"))
    assert len(group.facts) == 1


def test_facts_stand_in_the_switchs_order_however_they_come() -> None:
    facts = [_fact(1, "create"), _fact(2, "answer"), _fact(3, "hangup")]
    for order in permutations(facts):
        assert _group(*order).facts == facts


@pytest.mark.parametrize("end", ["complete", "gone", "lost", "closed"])
def test_a_leg_that_has_ended_lives_no_more_in_whatever_order_its_facts_come(end: Kind) -> None:
    for order in permutations([_fact(1, "create"), _fact(2, "answer"), _fact(3, end)]):
        assert _group(*order).open_legs == {}


@pytest.mark.parametrize("kind", ["gap", "command"])
def test_what_is_said_about_a_leg_by_others_does_not_make_it_live(kind: Kind) -> None:
    assert _group(_fact(1, kind)).open_legs == {}


def test_a_leg_that_hung_up_waits_for_its_last_words() -> None:
    group = _group(_fact(1, "create"), _fact(2, "hangup"))
    assert set(group.hung) == {"a"}
    group.add(_fact(3, "complete"))
    assert group.hung == {}


def test_last_words_that_come_before_the_hangup_are_not_waited_for() -> None:
    assert _group(_fact(3, "complete"), _fact(2, "hangup")).hung == {}


def test_a_recovered_leg_lives_in_the_run_that_recovered_it() -> None:
    group = _group(_fact(1, "create"), _fact(2, "answer", run=2))
    assert group.open_legs["a"].run == 2


def test_a_leg_that_the_bridge_found_alive_lives_in_no_known_run_until_it_speaks() -> None:
    group = _group(_fact(1, "alive"))
    assert group.open_legs["a"].run == UNKNOWN_RUN
    group.add(_fact(2, "hold", run=3))
    assert group.open_legs["a"].run == 3


def test_a_call_at_rest_is_the_same_call() -> None:
    group = _group(*talk().facts)
    again = restored(group.rest().head)
    assert again.facts == group.facts == facts_of(group.rest().head)
    assert again.open_legs == group.open_legs
    assert again.legs == group.legs
    assert again.stored


def test_a_restart_remembers_who_hung_up_without_last_words() -> None:
    group = _group(_fact(1, "create"), _fact(2, "hangup"))
    assert set(restored(group.rest().head).hung) == {"a"}


def test_calls_that_are_one_have_the_facts_of_both_each_once() -> None:
    first, other = _group(_fact(1, "create"), _fact(3, "answer")), _group(_fact(2, "create", "b"), _fact(3, "answer"))
    first.join(other)
    assert [(fact.seq, fact.leg) for fact in first.facts] == [(1, "a"), (2, "b"), (3, "a")]
    assert first.legs == {"a", "b"}
