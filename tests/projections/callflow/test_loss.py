"""Events that never came: nothing is invented for them, nothing breaks, and the document says how sure it is."""

from random import Random

import pytest

from tests.projections.callflow.folding import SMALL, events_of, fold_all, fold_pages

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("name", SMALL)
def test_any_one_event_may_be_missing(name: str) -> None:
    events = list(events_of(name))
    plain = fold_all(events)
    known = {leg.leg_id for call in plain.calls.values() for leg in call.legs} | {
        one for call in plain.calls.values() for tie in call.evidence for one in tie.legs
    }
    for missing in range(0, len(events), max(1, len(events) // 25)):
        store = fold_all(events[:missing] + events[missing + 1 :])
        for call_id, call in store.calls.items():
            assert call_id in known, f"without event {missing} there is a call that was not made"
            for segment in call.segments:
                assert segment.ended_at is None or segment.ended_at >= segment.started_at


@pytest.mark.parametrize("name", SMALL)
def test_a_call_whose_begin_was_missed_says_so(name: str) -> None:
    events = [event for event in events_of(name) if event.topic != "CHANNEL_CREATE"]
    for call in fold_all(events).calls.values():
        if call.answered:
            assert call.quality == "gap"


@pytest.mark.parametrize(
    "name", ["01-answered-caller-hangs-up", "13-attended-transfer-by-callee", "31-queue-abandoned"]
)
def test_a_leg_whose_last_words_were_lost_is_closed_when_time_has_passed(name: str) -> None:
    events = [event for event in events_of(name) if event.topic != "CHANNEL_HANGUP_COMPLETE"]
    later = events_of("54-load")[0]
    assert {call.state for call in fold_all(events).calls.values()} != {"complete"}
    switch = events[0].switch
    assert later.switch == switch
    store = fold_all([*events, later])
    for call in store.calls.values():
        if call.call_id != later.get("Unique-ID"):
            assert call.state == "complete"


def test_a_switch_that_died_ends_its_calls_within_an_interval() -> None:
    calls = fold_all(events_of("48-switch-killed-mid-call")).calls.values()
    lost = [call for call in calls if call.quality != "observed"]
    assert len(lost) == 2
    for call in lost:
        assert call.hangup is not None
        assert call.hangup.by == "switch"
        for leg in call.legs:
            assert leg.quality == "inferred"
            assert leg.ended_at is not None
            assert leg.gone_at is not None
            assert leg.ended_at < leg.gone_at


def test_a_recovered_leg_is_the_same_leg() -> None:
    (call,) = fold_all(events_of("74-sofia-recover")).calls.values()
    assert len(call.legs) == 2
    assert call.hangup is not None
    assert call.hangup.by == "1001"
    assert [segment.kind for segment in call.segments if segment.kind == "talk"] == ["talk", "talk"]


@pytest.mark.parametrize("seed", range(20))
def test_events_of_all_captures_thrown_together_at_random_break_nothing(seed: int) -> None:
    random = Random(seed)
    events = [event for name in random.sample(SMALL, 4) for event in events_of(name)]
    random.shuffle(events)
    few = events[: len(events) // 2]
    pages = [few[at : at + 50] for at in range(0, len(few), 50)]
    fold_pages(pages, restart=bool(seed % 2))
