"""One call through two of our own switches is one; what somebody outside could choose joins nothing."""

from collections.abc import Callable

import msgspec
import pytest

from core.event import SwitchEvent
from projections.callflow import hops
from tests.projections.callflow.facts import Story, offers, spans, transfers
from tests.projections.callflow.folding import check, events_of, fold_all, fold_pages, without_positions

pytestmark = pytest.mark.pure

PLAIN, BACK = "270-two-switches-plain", "271-two-switches-blind-back"
CALLER = {
    "Call-Direction": "outbound",
    "variable_sip_call_id": "c1",
    "variable_sip_local_network_addr": "10.0.0.1",
    "variable_sip_network_ip": "10.0.0.2",
    "variable_sip_gateway_name": "two",
}
CALLED = {
    "Call-Direction": "inbound",
    "variable_sip_call_id": "c1",
    "variable_sip_local_network_addr": "10.0.0.2",
    "variable_sip_network_ip": "10.0.0.1",
}


def key(said: dict[str, str], **other: str) -> str:
    return hops.key({**said, **{f"variable_{name}": value for name, value in other.items()}}.get)


def test_the_two_ends_of_one_dialog_find_each_other() -> None:
    assert hops.other_end(key(CALLER)) == key(CALLED)
    assert hops.other_end(key(CALLED)) == key(CALLER)


@pytest.mark.parametrize(
    "other",
    [{"sip_call_id": "c2"}, {"sip_network_ip": "203.0.113.9"}, {"sip_local_network_addr": "10.0.0.3"}],
    ids=lambda one: next(iter(one)),
)
def test_a_call_from_elsewhere_or_to_elsewhere_is_no_end_of_it(other: dict[str, str]) -> None:
    assert hops.other_end(key(CALLED, **other)) != key(CALLER)


def test_two_calls_that_came_in_never_find_each_other_whatever_call_id_they_chose() -> None:
    assert hops.other_end(key(CALLED)) != key(CALLED)


def test_a_phone_and_a_user_are_no_ends() -> None:
    here = {"sip_network_ip": "10.0.0.1", "sip_gateway_name": "", "dialed_user": "1002"}
    assert key(CALLER, **here) == ""
    assert key(CALLED, user_name="1002") == ""


def _told(event: SwitchEvent, *words: tuple[bytes, bytes]) -> SwitchEvent:
    """The event with other words of the same length."""
    term = event.term
    for was, now in words:
        assert len(was) == len(now)
        term = term.replace(was, now)
    return msgspec.structs.replace(event, term=term)


@pytest.mark.parametrize(
    "forged",
    [
        # Whoever comes from somewhere else with the Call-ID of a trunk's call.
        lambda event: event.switch.endswith("fs-two") and _told(event, (b"127.0.0.1", b"127.0.0.9")),
        # A phone of the first switch, not its trunk, had that Call-ID.
        lambda event: event.switch.endswith("fs-rig") and _told(event, (b"127.0.0.6", b"127.0.0.8")),
    ],
    ids=["from elsewhere", "to elsewhere"],
)
def test_a_call_id_alone_joins_nothing(forged: Callable[[SwitchEvent], SwitchEvent | bool]) -> None:
    events = [told if isinstance(told := forged(event), SwitchEvent) else event for event in events_of(PLAIN)]
    calls = fold_all(events).calls
    assert len(calls) == 2
    assert all(
        {leg.switch for leg in call.legs} != {"freeswitch@fs-rig", "freeswitch@fs-two"} for call in calls.values()
    )


@pytest.mark.parametrize("name", [PLAIN, BACK])
@pytest.mark.parametrize("ahead", ["freeswitch@fs-rig", "freeswitch@fs-two"])
def test_either_switch_may_be_heard_first(name: str, ahead: str) -> None:
    """All of one switch, and then all of the other, whose call is joined after both have ended."""
    events = sorted(events_of(name), key=lambda event: event.switch != ahead)
    store = fold_pages([[event] for event in events], restart=True)
    assert check(name, store) == f"{name}: OK"
    assert without_positions(store) == without_positions(fold_all(events_of(name)))


def test_the_evidence_and_the_ids_of_a_hop_are_kept() -> None:
    (call,) = fold_all(events_of(PLAIN)).calls.values()
    ends = sorted(leg.leg_id for leg in call.legs if leg.role == "hop")
    assert [one.legs for one in call.evidence if one.why == "hop"] == [ends]
    assert len(call.aliases) == 1
    assert set(call.aliases) < set(ends)


def _hop() -> Story:
    """1001 of one switch (leg a) reaches another by a hop (legs x and y)."""
    story = Story().user(0, "a", "1001", "1101")
    story.tell(0.1, "create", "x", ("a", "originator"), direction="outbound", gateway="two", destination="1101")
    story.tell(0.2, "create", "y", direction="inbound", number="555", destination="1101", hop="hop<1")
    return story.tell(0.3, "progress", "x", hop="hop>1")


def test_who_waits_behind_a_hop_is_the_caller() -> None:
    story = _hop().answers(1, "y", "x", "a").bridged(1, "a", "x")
    story.tell(1.1, "queue", "y", action="enter", queue="support@alpha.example").rings(2, "b", "1102", "y")
    story.answers(4, "b").bridged(4, "y", "b").ends(6, "b", "recv_bye").ends(6, "y").ends(6, "x").ends(6, "a")
    call = story.call()
    assert spans(call, "queue") == [(("1001", "queue:support"), 2.9)]
    assert spans(call, "talk") == [(("1001", "1102"), 2.0)]
    assert offers(call) == [("1102", "answered")]
    assert (call.from_.party, call.answered_by) == ("1001", "1102")


def test_an_attended_transfer_across_is_told_of_its_people() -> None:
    """1101 of the other switch consults 1003 of the first by another hop, and brings the caller to him."""
    story = _hop().rings(0.4, "b", "1101", "y").answers(1, "b", "y", "x", "a").bridged(1, "a", "x").bridged(1, "y", "b")
    story.tell(2, "hold", "b").user(2.5, "c", "1101", "1003")
    story.tell(2.6, "create", "v", ("c", "originator"), direction="outbound", gateway="one", destination="1003")
    story.tell(2.6, "create", "w", direction="inbound", number="1101", destination="1003", hop="hop<2")
    story.tell(2.7, "progress", "v", hop="hop>2").rings(2.7, "d", "1003", "w")
    story.answers(3, "d", "w", "v", "c").bridged(3, "c", "v").bridged(3, "w", "d")
    story.ends(5, "c", cause="ATTENDED_TRANSFER", transfer_to="att:v").bridged(5, "y", "v")
    story.ends(5, "b", cause="ATTENDED_TRANSFER", refer="c", transfer_to="att:v")
    for leg, said in (("d", "recv_bye"), ("w", ""), ("v", ""), ("y", ""), ("x", ""), ("a", "")):
        story.ends(9, leg, said or "send_bye")
    call = story.call()
    assert transfers(call) == [("attended", "1101", "1003", "completed")]
    assert spans(call, "consult") == [(("1101", "1003"), 2.0)]
    assert spans(call, "talk") == [(("1001", "1101"), 1.0), (("1001", "1003"), 4.0)]
    assert spans(call, "hold") == [(("1001",), 3.0)]


def test_the_caller_who_sends_the_called_one_on_sends_him_and_not_the_hop() -> None:
    story = _hop().rings(0.4, "b", "1101", "y").answers(1, "b", "y", "x", "a").bridged(1, "a", "x").bridged(1, "y", "b")
    story.ends(3, "a", transfer_to="blind:x").executes(3.1, "x", "bridge", destination="1003")
    story.rings(3.2, "d", "1003", "x").answers(4, "d").bridged(4, "x", "d")
    for leg, said in (("d", "recv_bye"), ("x", "send_bye"), ("y", "recv_bye"), ("b", "send_bye")):
        story.ends(7, leg, said)
    call = story.call()
    assert transfers(call) == [("blind", "1001", "1003", "completed")]
    assert [one.from_ for one in call.transfers] == ["1101"]
    assert spans(call, "talk") == [(("1001", "1101"), 2.0), (("1101", "1003"), 3.0)]
