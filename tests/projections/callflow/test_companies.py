"""A company that calls another one's number: each has a call of its own, with nothing of the other's inside."""

import json
from collections.abc import Sequence

import msgspec
import pytest

from core.event import SwitchEvent, version_of
from core.own_event import SWITCHES, own_event
from projections.callflow import Call, render
from projections.callflow.as_of import live_as_of
from tests.projections.callflow.folding import Store, check, events_of, fold_all, fold_pages, without_positions

pytestmark = pytest.mark.pure

PLAIN, BACK = "270-two-switches-plain", "271-two-switches-blind-back"
ONE, TWO = "freeswitch@fs-rig", "freeswitch@fs-two"
CORE = "00000000-0000-0000-0000-000000000001"


def told(event: SwitchEvent, *words: tuple[bytes, bytes]) -> SwitchEvent:
    """The event with other words of the same length."""
    term = event.term
    for was, now in words:
        assert len(was) == len(now)
        term = term.replace(was, now)
    return msgspec.structs.replace(event, term=term)


def of_two_companies(name: str = PLAIN) -> list[SwitchEvent]:
    """The second switch serves another company, whose people and names are its own."""
    theirs = ((b"alpha.example", b"bravo.example"), (b"Alpha", b"Zqxvj"))
    return [told(event, *theirs) if event.switch == TWO else event for event in events_of(name)]


def ways(events: Sequence[SwitchEvent]) -> list[Store]:
    """At once, event by event, restarted after each, and one switch wholly before the other."""
    each = [[event] for event in events]
    late = [[event] for event in sorted(events, key=lambda event: (event.switch in (ONE, TWO)) + (event.switch == ONE))]
    return [fold_all(events), fold_pages(each), fold_pages(each, restart=True), fold_pages(late, restart=True)]


def of(store: Store, tenant: str) -> Call:
    (call,) = (call for call in store.calls.values() if call.tenant == tenant)
    return call


def test_each_company_has_a_whole_call_of_its_own() -> None:
    for store in ways(of_two_companies()):
        assert len(store.calls) == 2
        out, into = of(store, "alpha.example"), of(store, "bravo.example")
        assert (out.direction, out.from_.user, out.dialled, out.outcome) == (
            "outbound",
            "1001@alpha.example",
            "1101",
            "answered",
        )
        assert (into.direction, into.from_.user, into.from_.number, into.outcome) == (
            "inbound",
            None,
            "1001",
            "answered",
        )
        assert into.answered_by == "1101"
        assert out.talk_seconds == pytest.approx(into.talk_seconds, abs=0.1)
        assert not store.live


def test_neither_has_a_byte_of_the_other() -> None:
    for store in ways(of_two_companies()):

        def told_of(call: Call, store: Store = store) -> bytes:
            return render(call) + b"".join(store.states[call.call_id])

        out, into = of(store, "alpha.example"), of(store, "bravo.example")
        for call, tenant, foreign in ((out, "alpha", (b"bravo", b"Zqxvj")), (into, "bravo", (b"alpha.example",))):
            kept = told_of(call)
            kept += b"".join(repr(event).encode() for event in store.told if event.tenant == call.tenant)
            assert not any(word in kept for word in foreign), tenant

        legs = {leg.leg_id for leg in out.legs}, {leg.leg_id for leg in into.legs}
        assert not any(leg.encode() in told_of(into) for leg in legs[0])
        assert not any(leg.encode() in told_of(out) for leg in legs[1])


def test_they_are_linked_by_a_word_that_leads_nowhere() -> None:
    words = set()
    for store in ways(of_two_companies()):
        for call in store.calls.values():
            (link,) = call.links
            assert (link.call_id, link.why, link.quality) == (None, "hop", "observed")
            assert link.related not in store.holder
            words.add(link.related)
    assert len(words) == 1


def test_what_comes_back_is_a_third_call() -> None:
    """The callee of the other company sends the caller back to a number of the first."""
    stores = ways(of_two_companies(BACK))
    told = [sorted((call.tenant or "", call.direction) for call in store.calls.values()) for store in stores]
    assert told == [[("alpha.example", "inbound"), ("alpha.example", "outbound"), ("bravo.example", "inbound")]] * 4
    assert all(without_positions(store) == without_positions(stores[0]) for store in stores)


def test_within_one_company_it_is_one_call_however_it_came() -> None:
    for name in (PLAIN, BACK):
        for store in ways(events_of(name)):
            assert check(name, store) == f"{name}: OK"
            assert not any(call.links for call in store.calls.values())


def test_a_side_that_is_nobodys_is_part_of_the_call_that_led_there() -> None:
    """The second switch says nothing of a company: it is known when it has ended."""
    nobody = ((b"alpha.example", b"10.11.12.1300"), (b"Alpha", b"Nobod"))
    for store in ways([told(event, *nobody) if event.switch == TWO else event for event in events_of(PLAIN)]):
        (call,) = store.calls.values()
        assert call.tenant == "alpha.example"


def test_the_board_of_the_past_knows_a_call_over_a_hop_as_one() -> None:
    events = events_of(PLAIN)
    (state,) = fold_all(events).states.values()
    talk = next(event.position for event in reversed(events) if event.topic == "CHANNEL_BRIDGE")
    (call,) = live_as_of(state, talk, lambda fact: False)
    assert {leg.switch for leg in call.legs} == {ONE, TWO}


def registry(at: int = 0, **said: dict[str, str]) -> SwitchEvent:
    """What the registry says of our own switches, told before everything."""
    first = events_of(PLAIN)[0]
    term = own_event(SWITCHES, CORE, 1, first.occurred_at, Harmony_Switches=json.dumps(said))
    return msgspec.structs.replace(
        first, topic=f"CUSTOM {SWITCHES}", switch="h@x", term=term, version=version_of(900, 1), position=at
    )


def translated() -> list[SwitchEvent]:
    """The second switch sees the first at another address than the first one has."""
    return [told(event, (b"127.0.0.1", b"127.0.0.9")) if event.switch == TWO else event for event in events_of(PLAIN)]


TRUNK = {"fs2": TWO}


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        (None, 2),
        (registry(addresses={"127.0.0.9": ONE}, trunks=TRUNK), 1),
        (registry(addresses={"127.0.0.9": ONE, "127.0.0.6": TWO}), 1),
        (registry(addresses={"127.0.0.9": ONE}), 2),
        (registry(trunks=TRUNK), 2),
        (registry(addresses={"127.0.0.9": "freeswitch@third"}, trunks=TRUNK), 2),
        (registry(addresses={"127.0.0.9": ONE}, trunks={"fs2": "freeswitch@third"}), 2),
    ],
    ids=["nothing", "trunk", "addresses", "one end", "other end", "from another switch", "to another switch"],
)
def test_the_registry_names_both_ends_where_addresses_differ(said: SwitchEvent | None, calls: int) -> None:
    events = translated() if said is None else [said, *translated()]
    for store in ways(events):
        assert len(store.calls) == calls
        if calls == 1:
            (call,) = store.calls.values()
            assert {leg.role for leg in call.legs} == {"caller", "hop", "callee"}


def test_somebody_elses_address_proves_nothing_whatever_he_says() -> None:
    said = registry(addresses={"127.0.0.1": ONE}, trunks=TRUNK)
    for store in ways([said, *translated()]):
        assert len(store.calls) == 2


def another_call_id() -> list[SwitchEvent]:
    """Something between the switches makes a dialog of its own: nothing proves that the two parts are one."""
    ids = {event.get("variable_sip_call_id") for event in events_of(PLAIN) if event.switch == TWO}
    words = [(one.encode(), one[::-1].encode()) for one in ids if one]
    return [told(event, *words) if event.switch == TWO else event for event in events_of(PLAIN)]


def test_two_parts_that_are_probably_one_conversation_are_linked_and_no_more() -> None:
    words = set()
    for store in ways(another_call_id()):
        assert len(store.calls) == 2
        for call in store.calls.values():
            assert [(link.why, link.quality) for link in call.links] == [("same_numbers", "inferred")]
            words.add(call.links[0].related)
    assert len(words) == 1


@pytest.mark.parametrize("late", [10_000_000, 0])
def test_the_same_numbers_at_another_time_are_no_link(late: int) -> None:
    later = [
        msgspec.structs.replace(told(event, *_created(event, late)), occurred_at=event.occurred_at + late)
        if event.switch == TWO
        else event
        for event in another_call_id()
    ]
    for store in ways(later):
        assert {len(call.links) for call in store.calls.values()} == ({0} if late else {1})


def _created(event: SwitchEvent, late: int) -> list[tuple[bytes, bytes]]:
    created = event.get("Caller-Channel-Created-Time") or ""
    return [(created.encode(), str(int(created) + late).encode())] if created and late else []
