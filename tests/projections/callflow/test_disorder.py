"""What becomes of a call does not depend on how its events came: swapped, twice, mixed, cut into pages, restarted."""

import itertools
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.event import SwitchEvent
from tests.projections.callflow.folding import SMALL, Store, events_of, fold_all, fold_pages, without_positions

pytestmark = pytest.mark.pure

NEIGHBOURS = 50_000
"""Events of one switch may change places within this time, in microseconds."""
# Without shrinking: an example is a whole capture, and its seed says all that is needed to see it again.
few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Events = list[SwitchEvent]


def swapped(events: Events, keys: list[int]) -> Events:
    """Each event moves at most 50 ms by its switch's clock from where it stands."""
    jitter = [event.occurred_at + key % NEIGHBOURS for event, key in zip(events, keys, strict=True)]
    order = sorted(range(len(events)), key=lambda index: (jitter[index], index))
    return _numbered([events[index] for index in order])


def pages_of(events: Events, cuts: list[int]) -> list[Events]:
    edges = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    return [events[a:b] for a, b in itertools.pairwise(edges)]


@pytest.mark.parametrize("name", SMALL)
@few
@given(data=st.data())
def test_neighbours_that_change_places_change_nothing(name: str, data: Any) -> None:
    events = list(events_of(name))
    random = Random(data.draw(st.integers(0, 1 << 32)))
    mixed = swapped(events, [random.randrange(NEIGHBOURS) for _ in events])
    assert without_positions(fold_all(mixed)) == without_positions(fold_all(events))


@pytest.mark.parametrize("name", SMALL)
@few
@given(data=st.data())
def test_doubles_change_nothing(name: str, data: Any) -> None:
    events = list(events_of(name))
    random = Random(data.draw(st.integers(0, 1 << 32)))
    again = [(random.uniform(at, len(events)), event) for at, event in enumerate(events) if random.random() < 0.3]
    doubled = [event for _, event in sorted([*enumerate(events), *again], key=lambda one: one[0])]
    assert without_positions(fold_all(doubled)) == without_positions(fold_all(events))


@pytest.mark.parametrize("name", SMALL)
@few
@given(data=st.data())
def test_pages_and_restarts_change_nothing(name: str, data: Any) -> None:
    events = list(events_of(name))
    cuts = data.draw(st.lists(st.integers(0, len(events) + 1), max_size=12))
    plain = fold_all(events)
    paged = fold_pages(pages_of(events, cuts))
    again = fold_pages(pages_of(events, cuts), restart=True)
    assert _documents(paged) == _documents(plain)
    assert _documents(again) == _documents(plain)
    assert [event.event_id for event in again.told] == [event.event_id for event in paged.told]


@pytest.mark.parametrize("name", ["10-blind-transfer-by-callee", "13-attended-transfer-by-callee", "30-queue-answered"])
def test_a_restart_between_any_two_events_changes_nothing(name: str) -> None:
    events = list(events_of(name))
    plain = _documents(fold_all(events))
    assert _documents(fold_pages([[event] for event in events], restart=True)) == plain
    for cut in range(1, len(events)):
        assert _documents(fold_pages([events[:cut], events[cut:]], restart=True)) == plain


@pytest.mark.parametrize("pair", list(itertools.pairwise(SMALL))[::4], ids=lambda pair: "+".join(pair))
def test_two_switches_do_not_disturb_each_other(pair: tuple[str, str]) -> None:
    first, second = events_of(pair[0]), _elsewhere(events_of(pair[1]))
    ahead = second[0].occurred_at - first[0].occurred_at if second and first else 0
    moved = [(event.occurred_at - ahead, event) for event in second]
    mixed = [event for _, event in sorted([*((one.occurred_at, one) for one in first), *moved], key=lambda one: one[0])]
    both = without_positions(fold_all(_numbered(mixed)))
    alone = without_positions(fold_all(first)) | without_positions(fold_all(second))
    assert both == alone


def _numbered(events: Events) -> Events:
    return [msgspec.structs.replace(event, position=at) for at, event in enumerate(events, start=1)]


def _elsewhere(events: tuple[SwitchEvent, ...]) -> list[SwitchEvent]:
    """The same events from another switch, whose cores have other numbers."""
    return [
        msgspec.structs.replace(event, switch="freeswitch@elsewhere", version=event.version + (100 << 40))
        for event in events
        if not event.topic.startswith("CUSTOM harmony::")
    ]


def _documents(store: Store) -> dict[str, Any]:
    return dict(sorted(store.calls.items()))
