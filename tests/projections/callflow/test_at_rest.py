"""A call's state at rest: whole while the call is short, in parts that are written once when it is long."""

import pytest

from projections.callflow import at_rest, group
from projections.callflow.at_rest import AtRest
from projections.callflow.fact import Fact
from projections.callflow.group import Group, restored
from projections.callflow.milestones import WITHDRAWN, Published

pytestmark = pytest.mark.pure


def _fact(seq: int, leg: str = "a") -> Fact:
    return Fact(seq * 10, 1, seq, "hold", leg, seq, "freeswitch@pbx1", {})


class Written:
    """What stands in the database of one call."""

    def __init__(self) -> None:
        self.states: list[bytes] = []

    def take(self, rest: AtRest) -> AtRest:
        parts = [] if rest.renewed else self.states[:-1]
        assert rest.first == len(parts) or not rest.parts
        self.states = [*parts, *rest.parts, rest.head]
        return rest


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is long from its fifth fact on, and a part has four entries."""
    monkeypatch.setattr(group, "LONG", 4)
    monkeypatch.setattr(at_rest, "PART", 4)


def _long(written: Written, facts: int) -> Group:
    one = Group()
    one.call_id = "a"
    for seq in range(facts):
        one.add(_fact(seq))
        written.take(one.rest())
    return one


def test_a_short_call_is_one_value() -> None:
    written = Written()
    _long(written, 4)
    assert len(written.states) == 1


def test_an_event_of_a_long_call_rewrites_the_last_part_at_most() -> None:
    written = Written()
    one = _long(written, 50)
    sizes = set()
    for seq in range(50, 90):
        one.add(_fact(seq))
        rest = written.take(one.rest())
        sizes.add(len(rest.head) + sum(map(len, rest.parts)))
    assert max(sizes) < 4 * len(written.take(_long(Written(), 1).rest()).head)


def test_what_is_read_is_what_was_written() -> None:
    written = Written()
    one = _long(written, 30)
    again = restored(*written.states)
    assert again.facts == one.facts
    assert again.call_id == "a"


def test_it_goes_on_behind_the_parts_that_are_there() -> None:
    written = Written()
    _long(written, 30)
    again = restored(*written.states)
    for seq in range(30, 60):
        again.add(_fact(seq))
        assert not written.take(again.rest()).renewed
    assert len(restored(*written.states).facts) == 60


def test_what_was_published_and_corrected_is_known_again_as_it_was_last() -> None:
    written = Written()
    one = _long(written, 20)
    for round_ in range(10):
        published = one.published.copy()
        published.publish(f"call.held|{round_}", round_)
        published.correction("call.ended|a", WITHDRAWN if round_ % 2 else round_)
        one.publish(published)
        written.take(one.rest())
    again = restored(*written.states).published
    assert again.news == one.published.news
    assert again.corrections == {"call.ended|a": 10}


def test_calls_that_become_one_are_written_anew() -> None:
    written, other = Written(), Group()
    one = _long(written, 20)
    for seq in range(100, 110):
        other.add(_fact(seq, "b"))
    other.published = Published({"call.started|b": 1})
    one.join(other)
    assert written.take(one.rest()).renewed
    again = restored(*written.states)
    assert len(again.facts) == 30
    assert again.published.news == {"call.started|b": 1}


def test_a_call_that_gets_another_id_is_written_anew_under_it() -> None:
    written = Written()
    one = _long(written, 20)
    one.call_id = "earlier"
    written.take(one.rest())
    again = restored(*written.states)
    assert (again.call_id, len(again.facts)) == ("earlier", 20)
