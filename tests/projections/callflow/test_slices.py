"""Work in slices gives what it gives at once, however often it pauses."""

import pytest

from projections.callflow.interpret import interpret, interpretation
from projections.callflow.slices import PORTION, Slices, whole
from tests.projections.callflow.facts import talk

pytestmark = pytest.mark.pure


def _counting(to: int) -> Slices[int]:
    done = 0
    for _ in range(to):
        done += 1
        yield
    return done


def test_work_that_pauses_gives_its_result_at_the_end() -> None:
    assert whole(_counting(0)) == 0
    assert whole(_counting(3)) == 3


def test_a_slice_can_hold_slices() -> None:
    def both() -> Slices[int]:
        first = yield from _counting(2)
        second = yield from _counting(3)
        return first + second

    assert whole(both()) == 5


def test_what_the_work_raises_is_raised() -> None:
    def fails() -> Slices[int]:
        yield
        raise ValueError("bad fact")

    with pytest.raises(ValueError, match="bad fact"):
        whole(fails())


def test_the_interpretation_of_a_long_call_pauses_and_comes_out_the_same() -> None:
    story = talk()
    for number in range(4 * PORTION):
        story.tell(2 + number, "hold" if number % 2 == 0 else "unhold", "b")
    facts = sorted(story.facts, key=lambda fact: fact.order)
    assert whole(interpretation(facts)) == interpret(facts)
    assert sum(1 for _ in interpretation(facts)) > 4
