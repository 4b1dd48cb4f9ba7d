"""What has ended is gone: from memory, from every way to find it, and from among the live calls."""

from collections import Counter

import msgspec
import pytest

from bridge.term import Atom, encode
from core.event import SwitchEvent, version_of
from core.own_event import CHANNEL_ALIVE, own_event
from projections.callflow.fact import OWN
from projections.callflow.fold import CallFold
from projections.callflow.group import Group, facts_of
from tests.projections.callflow.folding import SMALL, Store, events_of, fold_all, fold_pages, without_positions

pytestmark = pytest.mark.pure


class _Watched(CallFold):
    """A fold that remembers which calls it let go."""

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[Group] = []
        forget = self._memory.forget

        def noted(group: Group) -> None:
            self.forgotten.append(group)
            forget(group)

        self._memory.forget = noted  # type: ignore[method-assign]

    def found(self) -> list[str]:
        return [way for group in self.forgotten for way in self._memory.everywhere(group)]


@pytest.mark.parametrize("name", SMALL)
def test_what_is_forgotten_is_found_by_nothing(name: str) -> None:
    fold, store = _Watched(), Store()
    for one in events_of(name):
        store.fold(fold, [one])
        assert fold.found() == []


_HEADERS = (
    "Unique-ID",
    "Channel-Name",
    "Call-Direction",
    "Caller-Caller-ID-Number",
    "Caller-Destination-Number",
    "Caller-Context",
)


def joined_at(events: list[SwitchEvent], middle: int) -> list[SwitchEvent]:
    """What a bridge gets that joins in the middle: the channels that are there, and then the rest of the events."""
    begun = {event.leg: event for event in events[:middle] if event.topic == "CHANNEL_CREATE"}
    over = {event.leg for event in events[:middle] if event.topic == "CHANNEL_HANGUP_COMPLETE"}
    before = events[middle - 1]
    alive = []
    for number, (leg, created) in enumerate(begun.items(), start=1):
        if leg not in over:
            headers = {name.replace("-", "_"): value for name in _HEADERS if (value := created.get(name))}
            term = own_event(
                CHANNEL_ALIVE,
                "00000000-0000-0000-0000-000000000001",
                number,
                before.occurred_at,
                Harmony_Switch=created.switch,
                **headers,
            )
            alive.append(_made(created, CHANNEL_ALIVE, term, version_of(900, number), before))
    return [*alive, *events[middle:]]


def nobody_left(last: SwitchEvent) -> SwitchEvent:
    """The heartbeat of a switch that holds no channel, ten seconds later."""
    term = encode((Atom("event"), [Atom("undefined"), (b"Event-Name", b"HEARTBEAT"), (b"Session-Count", b"0")]))
    late = msgspec.structs.replace(last, occurred_at=last.occurred_at + 10_000_000)
    return msgspec.structs.replace(late, topic="HEARTBEAT", term=term, version=last.version + 1000)


def _made(like: SwitchEvent, name: str, term: bytes, version: int, at: SwitchEvent) -> SwitchEvent:
    return msgspec.structs.replace(
        like, topic=f"CUSTOM {name}", term=term, version=version, occurred_at=at.occurred_at, position=at.position
    )


@pytest.mark.parametrize("name", SMALL)
def test_calls_that_stood_when_the_bridge_joined_end_with_their_legs(name: str) -> None:
    """Also those that turn out to be one with another later: nothing comes back as a live call."""
    events = list(events_of(name))
    for middle in range(1, len(events), max(1, len(events) // 12)):
        rest = joined_at(events, middle)
        last: dict[str, SwitchEvent] = {}
        for event in rest:
            if not event.topic.startswith(OWN):
                last[event.switch] = max(event, last.get(event.switch, event), key=lambda one: one.occurred_at)
        ended = [*rest, *map(nobody_left, last.values())]
        for cut in (len(ended), 1):
            store, fold = Store(), _Watched()
            for at in range(0, len(ended), cut):
                store.fold(fold, ended[at : at + cut])
            assert store.live == set(), (middle, cut)
            assert fold.found() == []


@pytest.mark.parametrize("name", ["01-answered-caller-hangs-up", "13-attended-transfer-by-callee", "30-queue-answered"])
def test_a_restart_between_a_hangup_and_the_last_words_that_never_come_changes_nothing(name: str) -> None:
    events = [event for event in events_of(name) if event.topic != "CHANNEL_HANGUP_COMPLETE"]
    later = msgspec.structs.replace(
        events[-1],
        occurred_at=events[-1].occurred_at + 60_000_000,
        version=events[-1].version + 1000,
        topic="HEARTBEAT",
    )
    wanted = fold_all([*events, later])
    assert not wanted.live
    for at in (at for at, event in enumerate(events, start=1) if event.topic == "CHANNEL_HANGUP"):
        store, fold = Store(), CallFold()
        store.fold(fold, events[:at])
        fold = store.restarted()
        store.fold(fold, events[at:])
        store.fold(store.restarted(), [later])
        assert without_positions(store) == without_positions(wanted)


@pytest.mark.parametrize("name", SMALL)
def test_every_leg_that_lived_is_in_exactly_one_call(name: str) -> None:
    """However the events are cut: no call of people vanishes, and nobody is in two."""
    events = events_of(name)
    legs = {event.leg for event in events if event.topic == "CHANNEL_CREATE"}
    for size in (1, 7, len(events)):
        store = fold_pages([events[at : at + size] for at in range(0, len(events), size)])
        holders = Counter(leg.leg_id for call in store.calls.values() for leg in call.legs)
        kept = {leg for state in store.states.values() for fact in facts_of(*state) if (leg := fact.leg)}
        assert legs <= kept, "its facts are kept with a call"
        assert {leg for leg, count in holders.items() if count > 1} == set()
        shown = {leg for call in store.calls.values() for leg in store.holder if store.holder[leg] == call.call_id}
        renamed = {event.get("Old-Unique-ID") for event in events if event.topic == "CHANNEL_UUID"}
        assert holders.keys() >= (legs & shown) - renamed, "whoever lived in a call that is shown is in its document"
