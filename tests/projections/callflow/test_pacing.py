"""A long call is told at a pace and in slices; what is told in the end, and what is stored meanwhile, is the same."""

from random import Random

import pytest

from projections.callflow import CallFold, at_rest, group, pacing
from tests.projections.callflow.folding import SMALL, Store, events_of, fold_all, without_positions
from tests.projections.callflow.long_calls import HeldCall

pytestmark = pytest.mark.pure


@pytest.fixture
def every_call_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are long from their sixth fact on, and are told in very small portions."""
    monkeypatch.setattr(group, "LONG", 5)
    monkeypatch.setattr(pacing, "PER_FACT", 20_000)
    monkeypatch.setattr(at_rest, "PART", 4)
    for module in ("timeline", "legs", "transfers", "interpret", "milestones"):
        monkeypatch.setattr(f"projections.callflow.{module}.PORTION", 2)
    return


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.usefixtures("every_call_is_long")
def test_what_is_told_in_the_end_does_not_depend_on_the_pace(name: str) -> None:
    events = events_of(name)
    chance = Random(name)
    store, fold, at = Store(), CallFold(), 0
    while at < len(events):
        size = chance.randint(1, 12)
        store.fold(fold, events[at : at + size])
        at += size
        if chance.random() < 0.2:
            store.take(fold.take_changes("idle"))
        if chance.random() < 0.2:
            fold = store.restarted()
    while fold.behind:
        store.take(fold.take_changes("idle"))
    assert without_positions(store) == without_positions(fold_all(events))


@pytest.mark.parametrize("name", ["13-attended-transfer-by-callee", "30-queue-answered", "26-pickup"])
@pytest.mark.usefixtures("every_call_is_long")
def test_every_fact_is_stored_with_the_page_that_brought_it(name: str) -> None:
    events = events_of(name)
    store, fold = Store(), CallFold()
    for at in range(0, len(events), 3):
        store.fold(fold, events[at : at + 3])
        known = Store()
        known.states = dict(store.states)
        # Whoever dies now and comes again knows all that was read so far.
        known.take(store.restarted().take_changes("all"))
        for call_id, call in known.calls.items():
            assert call == fold_all(events[: at + 3]).calls[call_id]


def test_a_long_call_costs_little_at_each_event_and_is_told_in_time() -> None:
    """Facts are stored at once, no take does more than some portions, and the document follows."""
    fold, call, told = CallFold(), HeldCall("a"), []
    for number, event in enumerate([*call.begin(), *call.turns(group.LONG * 4)]):
        fold.apply(fold.read(event))
        changes = fold.take_changes()
        assert [one.call_id for one in changes.calls] == ["a"]
        told += [number for one in changes.calls if one.document is not None]
    late = [number for number in told if number > group.LONG]
    assert late, "it is told again"
    assert len(late) < group.LONG, "but not at each event"
    while fold.behind:
        last = fold.take_changes("idle")
    (state,) = last.calls
    assert state.document is not None
    assert len([one for one in state.document.segments if one.kind == "hold"]) == group.LONG * 2


def test_the_others_are_told_at_once_meanwhile() -> None:
    fold, endless = CallFold(), HeldCall("a")
    for event in [*endless.begin(), *endless.turns(group.LONG * 10)]:
        fold.apply(fold.read(event))
    fold.take_changes("all")
    for event in [*endless.turns(2), *HeldCall("z", number=1_000_000, after=3_600 * 24).begin()]:
        fold.apply(fold.read(event))
    told = {call.call_id: call.document is not None for call in fold.take_changes().calls}
    assert told == {"z": True, "a": False}
