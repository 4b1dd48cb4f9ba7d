"""An event that is folded long after its place in the log leaves the calls as if it had been folded there."""

from __future__ import annotations

import pytest

from projections.callflow.reading import SWITCH_TOPICS
from tests.projections.callflow.folding import SMALL, events_of, fold_all, fold_pages, without_positions

pytestmark = pytest.mark.pure

TRIED = 12
"""events a capture that are left out, one at a time, and folded last"""


@pytest.mark.parametrize("name", [one for one in SMALL if one[0] in "0134" or one.startswith(("24", "26", "74"))])
def test_an_event_that_comes_last_changes_nothing_but_its_call(name: str) -> None:
    events = events_of(name)
    wanted = without_positions(fold_all(events))
    for number in range(0, len(events), max(1, len(events) // TRIED)):
        late = events[number]
        if late.topic in SWITCH_TOPICS:
            continue  # what happens to a switch happens to the calls that live then: only a rebuild knows them
        store = fold_pages([[event for event in events if event is not late]])
        store.fold(store.restarted(), [late])
        assert without_positions(store) == wanted, (late.position, late.topic)


def test_no_part_of_a_call_stays_behind_when_legs_turn_out_to_be_one() -> None:
    """A leg whose begin is missing is a call of its own, never shown, until something ties it to the other."""
    events = events_of("04-busy-486")
    begin = next(event for event in events[20:] if event.topic == "CHANNEL_CREATE")
    store = fold_pages([[event] for event in events if event is not begin])
    assert begin.leg is not None
    assert set(store.states) == {store.holder[begin.leg]}
    assert not store.live
