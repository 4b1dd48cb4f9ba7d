"""What recorded calls mean for their users, at each moment."""

import pytest

from projections.callflow import render
from projections.people.doing import doings
from tests.projections.callflow.folding import events_of, fold_all

pytestmark = pytest.mark.pure
ALICE, BOB, CARA, DORA = (f"{name}@alpha.example" for name in ("1001", "1002", "1003", "1004"))


def moments(name: str) -> list[dict[str, tuple[str, tuple[str, ...]]]]:
    """What each does, event by event, without repeats."""
    events = list(events_of(name))
    found: list[dict[str, tuple[str, tuple[str, ...]]]] = []
    for count in range(1, len(events) + 1):
        now: dict[str, tuple[str, tuple[str, ...]]] = {}
        for call in fold_all(events[:count]).calls.values():
            for user, doing in doings(render(call)).items():
                now[user] = (doing.does, tuple(one.party for one in doing.others))
        if not found or found[-1] != now:
            found.append(now)
    return found


def test_a_group_rings_and_one_answers() -> None:
    seen = moments("19-ring-group-simultaneous")
    ringing = {ALICE: ("dialling", ("1002", "1003", "1004"))} | dict.fromkeys((BOB, CARA, DORA), ("ringing", ("1001",)))
    assert any({user: (does, tuple(sorted(with_))) for user, (does, with_) in one.items()} == ringing for one in seen)
    assert {ALICE: ("talking", ("1003",)), CARA: ("talking", ("1001",))} in seen
    assert seen[-1] == {}


def test_who_is_held_and_who_holds_are_on_hold() -> None:
    seen = moments("17-hold-twice")
    assert any({does for does, _ in one.values()} == {"held"} and len(one) == 2 for one in seen)
    assert seen[-1] == {}


def test_who_handed_the_call_over_is_free() -> None:
    seen = moments("13-attended-transfer-by-callee")
    assert {ALICE: ("talking", ("1003",)), CARA: ("talking", ("1001",))} in seen
    assert any(one.get(BOB, ("", ()))[0] == "talking" and one.get(ALICE, ("", ()))[0] == "held" for one in seen)
    assert seen[-1] == {}
