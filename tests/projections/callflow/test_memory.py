"""The fold remembers calls that live, and no others."""

from collections.abc import Iterator

import msgspec
import pytest

from core.event import SwitchEvent
from projections.callflow import CallFold
from tests.projections.callflow.folding import events_of

pytestmark = pytest.mark.pure


def calls(count: int, every: int) -> Iterator[list[SwitchEvent]]:
    """One recorded call again and again, each with legs of its own, one begun each `every` microseconds."""
    events = events_of("13-attended-transfer-by-callee")
    legs = sorted({leg for event in events if (leg := event.get("Unique-ID"))})
    for number in range(count):
        names = [(leg.encode(), f"{number:08x}{leg[8:]}".encode()) for leg in legs]
        call = []
        for event in events:
            term = event.term
            for old, new in names:
                term = term.replace(old, new)
            call.append(
                msgspec.structs.replace(
                    event,
                    term=term,
                    occurred_at=event.occurred_at + number * every,
                    version=event.version + number * 10_000,
                    position=event.position + number * 10_000,
                )
            )
        yield call


def test_memory_is_bounded_by_the_calls_that_live() -> None:
    fold = CallFold()
    most, done = 0, 0
    for call in calls(600, every=1_000_000):
        for event in call:
            fold.apply(fold.read(event))
        done += sum(1 for state in fold.take_changes().calls if not state.live)
        most = max(most, fold.alive)
    assert done == 600
    # A call of eight seconds each second, and five more for which it stays at hand.
    assert most <= 16
