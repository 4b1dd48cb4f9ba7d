"""The rules of truth, one a test: a few facts in, what must come out. Add to it whatever a call teaches.

The rules in words: docs/explanation/what-one-call-is.md. `facts` has the builder.
"""

import itertools

import pytest

from tests.projections.callflow.facts import DOMAIN, Story, offers, spans, talk, transfers
from tests.projections.callflow.folding import events_of, fold_all

pytestmark = pytest.mark.pure


def test_talk_is_bridged_and_both_answered() -> None:
    call = talk().ends(5, "b", "recv_bye").ends(5, "a").call()
    assert spans(call, "talk") == [(("1001", "1002"), 4.0)]
    assert (call.answered, call.answered_by, call.outcome) == (True, "1002", "answered")
    assert call.hangup is not None
    assert call.hangup.by == "1002"


def test_a_bridge_that_nobody_answered_is_no_talk() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a").tell(0.5, "early", "b")
    story.bridged(0.5, "a", "b").ends(5, "b", "send_cancel", "ORIGINATOR_CANCEL")
    call = story.ends(5, "a", "recv_cancel").call()
    assert spans(call, "talk") == []
    assert (call.answered, call.outcome) == (False, "cancelled")
    assert offers(call) == [("1002", "cancelled")]


def test_while_somebody_holds_nobody_talks() -> None:
    call = talk().tell(2, "hold", "b").tell(4, "unhold", "b").ends(6, "b", "recv_bye").ends(6, "a").call()
    assert spans(call, "talk") == [(("1001", "1002"), 1.0), (("1001", "1002"), 2.0)]
    assert spans(call, "hold") == [(("1001",), 2.0)]


def test_a_hold_that_is_told_twice_is_one() -> None:
    story = talk().tell(2, "hold", "b").tell(2, "hold", "b").tell(4, "unhold", "b").tell(4, "unhold", "b")
    assert spans(story.ends(6, "b", "recv_bye").ends(6, "a").call(), "hold") == [(("1001",), 2.0)]


def test_a_blind_transfer_talks_from_the_targets_own_answer() -> None:
    story = talk().ends(3, "b", transfer_to="blind:a").executes(3.1, "a", "bridge", destination="1003")
    story.rings(3.2, "c", "1003", "a").answers(5, "c").bridged(5, "a", "c").ends(8, "c", "recv_bye").ends(8, "a")
    call = story.call()
    assert transfers(call) == [("blind", "1002", "1003", "completed")]
    assert spans(call, "talk") == [(("1001", "1002"), 2.0), (("1001", "1003"), 3.0)]


def test_an_attended_transfer_is_a_hold_a_consultation_and_a_talk() -> None:
    story = talk().tell(2, "hold", "b").user(2.5, "c", "1002", "1003").rings(2.6, "d", "1003", "c")
    story.answers(3, "d", "c").bridged(3, "c", "d")
    story.ends(5, "c", cause="ATTENDED_TRANSFER", transfer_to="att:d").bridged(5, "a", "d")
    story.ends(5, "b", cause="ATTENDED_TRANSFER", refer="c", transfer_to="att:d")
    call = story.ends(9, "d", "recv_bye").ends(9, "a").call()
    assert transfers(call) == [("attended", "1002", "1003", "completed")]
    assert spans(call, "consult") == [(("1002", "1003"), 2.0)]
    assert spans(call, "talk")[-1] == (("1001", "1003"), 4.0)


def test_attended_into_a_queue_is_completed_though_an_agent_rang_for_the_consultation_alone() -> None:
    story = talk().tell(2, "hold", "b").user(2.5, "c", "1002", "4000").answers(2.5, "c")
    story.tell(2.6, "queue", "c", action="enter", queue="support@alpha.example").rings(2.7, "d", "1003", "c")
    story.ends(4, "c", cause="ATTENDED_TRANSFER").ends(4, "d", "send_cancel", "ORIGINATOR_CANCEL")
    story.ends(4, "b", refer="c")
    story.tell(4.1, "queue", "a", action="enter", queue="support@alpha.example")
    assert transfers(story.call()) == [("attended", "1002", "queue:support", "completed")]


def test_forwards_of_one_tick_are_told_in_the_order_of_their_sequence() -> None:
    story = Story().user(0, "a", "1001", "1002")
    for number, target in (("1002", "1004"), ("1004", "1003")):
        story.executes(0, "a", "transfer", f"{target} XML alpha.example", number, context="alpha.example")
    story.executes(0, "a", "bridge", "user/1003", "1003").rings(0.1, "b", "1003", "a").answers(1, "b", "a")
    call = story.bridged(1, "a", "b").ends(3, "b", "recv_bye").ends(3, "a").call()
    assert [(one.by, one.to) for one in call.transfers] == [("1002", "1004"), ("1004", "1003")]


def test_who_picks_up_is_the_callee_and_the_phone_that_rang_missed_nothing() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a").user(2, "c", "1003", "*81002")
    story.executes(2, "c", "intercept", "b").answers(2, "c", "a").ends(2, "b", "send_cancel", "PICKED_OFF")
    call = story.bridged(2, "a", "c").ends(5, "a", "recv_bye").ends(5, "c").call()
    assert transfers(call) == [("pickup", "1003", "1003", "completed")]
    assert offers(call) == [("1002", "answered_elsewhere")]
    assert call.answered_by == "1003"


def test_a_redirect_that_the_switch_follows_within_the_leg_makes_the_target_the_party() -> None:
    """`sip_redirected_to`: the caller's own line was answered already (a menu, a queue)."""
    story = Story().outsider(0, "a", "+491701234567", "+49305550").answers(0, "a")
    story.rings(1, "b", "1002", "a", redirected="<sip:01705550000@127.0.0.3:5060>").answers(2, "b").bridged(2, "a", "b")
    call = story.ends(5, "b", "recv_bye").ends(5, "a").call()
    assert offers(call) == [("1002", "forwarded"), ("01705550000", "answered")]
    assert transfers(call) == [("forward", "1002", "01705550000", "completed")]
    assert (call.answered_by, call.hangup.by if call.hangup else None) == ("01705550000", "01705550000")
    assert spans(call, "talk") == [(("+491701234567", "01705550000"), 3.0)]


def test_a_redirect_within_the_leg_does_not_make_an_internal_call_outbound() -> None:
    story = Story().user(0, "a", "1001", "1002").answers(0, "a")
    story.rings(1, "b", "1002", "a", redirected="<sip:01705550000@127.0.0.3>").answers(2, "b").bridged(2, "a", "b")
    assert story.call().direction == "internal"


def _parked() -> Story:
    story = talk().executes(3, "b", "transfer", "-bleg 5960 XML alpha.example", "1002", context="alpha.example")
    story.ends(3, "b").executes(3.1, "a", "valet_park", "lot 5960", "5960")
    return story.tell(3.1, "valet", "a", action="hold", lot="5960")


def test_a_park_by_feature_code_is_told_once() -> None:
    assert transfers(_parked().call()) == [("park", "1002", "park:5960", "completed")]


def test_a_park_that_timed_out_is_returned_and_followed_by_its_return() -> None:
    story = _parked().tell(7, "valet", "a", action="exit", lot="5960").rings(7.1, "c", "1002", "a").answers(8, "c")
    call = story.bridged(8, "a", "c").ends(9, "c", "recv_bye").ends(9, "a").call()
    assert transfers(call) == [
        ("park", "1002", "park:5960", "returned"),
        ("park_return", "park:5960", "1002", "completed"),
    ]


def test_who_is_fetched_from_a_lot_is_retrieved() -> None:
    story = _parked().user(5, "c", "1003", "5960").answers(5, "c")
    story.tell(5.1, "valet", "a", ("c", "valet_park"), action="bridge", lot="5960", to="c").bridged(5.1, "a", "c")
    call = story.ends(9, "c", "recv_bye").ends(9, "a").call()
    assert transfers(call) == [("park", "1002", "park:5960", "completed"), ("retrieve", "1003", "1003", "completed")]


def _moved(*targets: tuple[str, str, str]) -> Story:
    """Each moved leg rings a phone of its own, that answers: (leg, new leg, user)."""
    story = talk()
    for leg, new, user in targets:
        story.executes(3.1, leg, "bridge", f"user/{user}", user).rings(3.2, new, user, leg).answers(4, new)
        story.bridged(4, leg, new)
    return story


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("uuid_transfer", "a 1004 XML alpha.example"),
        ("uuid_transfer", "a bridge:user/1004@alpha.example inline"),
        ("sched_transfer", "+2 a 1004 XML alpha.example"),
    ],
)
def test_a_command_that_moves_a_leg_is_told_with_the_party_that_it_led_to(command: str, arguments: str) -> None:
    given_at = 1.2 if command == "sched_transfer" else 3
    story = _moved(("a", "c", "1004")).tell(given_at, "command", "a", command=command, arguments=arguments)
    story.ends(3.1, "b").ends(6, "c", "recv_bye").ends(6, "a")
    assert transfers(story.call()) == [("command", None, "1004", "completed")]


def test_a_scheduled_transfer_that_was_taken_back_is_not_told() -> None:
    story = talk().tell(2, "command", "a", command="sched_transfer", arguments="+2 a 1004 XML alpha.example")
    assert transfers(story.ends(9, "b", "recv_bye").ends(9, "a").call()) == []


def test_a_dual_transfer_is_two_commands() -> None:
    story = _moved(("a", "c", "1003"), ("b", "d", "1004"))
    arguments = "a 1003/XML/alpha.example 1004/XML/alpha.example"
    story.tell(3, "command", "a", command="uuid_dual_transfer", arguments=arguments)
    assert [one[:3] for one in transfers(story.call())] == [("command", None, "1003"), ("command", None, "1004")]


def test_what_the_switch_does_of_itself_with_who_is_left_of_three_is_no_command() -> None:
    story = talk().rings(2, "c", "1003", "b").answers(3, "c").executes(4, "c", "three_way", "b")
    story.ends(6, "b", "recv_bye").tell(6, "command", "c", command="uuid_bridge", arguments="c a", job="")
    call = story.bridged(6.1, "c", "a").ends(8, "a", "recv_bye").ends(8, "c").call()
    assert transfers(call) == []


def test_moved_to_ones_own_other_device_is_completed() -> None:
    story = talk().ends(3, "b", transfer_to="blind:a").executes(3.1, "a", "bridge", destination="1002")
    story.rings(3.2, "c", "1002", "a").rings(3.2, "d", "1002", "a").answers(5, "d").bridged(5, "a", "d")
    call = story.ends(5, "c", "send_cancel", "LOSE_RACE").ends(8, "d", "recv_bye").ends(8, "a").call()
    assert transfers(call) == [("blind", "1002", "1002", "completed")]


def test_an_outsider_who_shows_an_insiders_number_is_not_that_insider() -> None:
    story = Story().outsider(0, "a", "1001", "+49305551001").rings(0.1, "b", "1001", "a").answers(1, "b", "a")
    call = story.bridged(1, "a", "b").ends(4, "b", "recv_bye").ends(4, "a").call()
    assert [(one.party, one.user, one.talk_seconds) for one in call.parties] == [
        ("1001", None, 3.0),
        ("1001@alpha.example", "1001@alpha.example", 3.0),
    ]
    assert call.answered_by == "1001@alpha.example"
    assert spans(call, "talk") == [(("1001", "1001@alpha.example"), 3.0)]


def test_who_consults_and_transfers_is_one_person_however_his_number_is_written() -> None:
    story = Story().user(0, "a", "1001", "01705554444")
    story.tell(0.1, "create", "b", ("a", "originator"), direction="outbound", gateway="t", destination="01705554444")
    story.answers(1, "b", "a").bridged(1, "a", "b").tell(2, "hold", "b")
    story.outsider(2.5, "c", "+491705554444", "1003").rings(2.6, "d", "1003", "c").answers(3, "d", "c")
    story.bridged(3, "c", "d").ends(5, "c", cause="ATTENDED_TRANSFER", transfer_to="att:d").bridged(5, "a", "d")
    story.ends(5, "b", cause="ATTENDED_TRANSFER", refer="c", transfer_to="att:d")
    call = story.ends(9, "d", "recv_bye").ends(9, "a").call()
    assert transfers(call) == [("attended", "01705554444", "1003", "completed")]
    assert spans(call, "consult") == [(("01705554444", "1003"), 2.0)]


@pytest.mark.parametrize(("after", "outcome"), [(1, "rejected"), (30, "no_answer")])
def test_480_at_once_is_a_refusal_and_after_long_ringing_it_is_none(after: int, outcome: str) -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")
    story.ends(after, "b", "recv_refuse", "NO_USER_RESPONSE", status="480")
    call = story.ends(after, "a", "send_refuse", "NO_USER_RESPONSE").call()
    assert (offers(call), call.outcome) == ([("1002", outcome)], outcome)


def test_a_scrap_of_hold_music_is_no_announcement() -> None:
    story = Story().user(0, "a", "1001", "5000").answers(0, "a").executes(1, "a", "playback", "music", id="x")
    story.tell(1.05, "executed", "a", app="playback", id="x")
    assert spans(story.ends(2, "a", "recv_bye").call(), "announcement") == []


def test_a_code_that_stands_for_a_number_forwards_nothing() -> None:
    story = Story().user(0, "a", "1001", "*71")
    story.executes(0, "a", "transfer", "01705550000 XML alpha.example", "*71", context="alpha.example")
    story.executes(0, "a", "bridge", "sofia/gateway/t/01705550000", "01705550000")
    assert transfers(story.call()) == []


def test_a_transferred_caller_whose_target_does_not_ring_yet_is_ringing() -> None:
    story = talk().ends(3, "b", transfer_to="blind:a").executes(3.1, "a", "bridge", destination="1003")
    assert story.call().state == "ringing"
    story.tell(3.2, "create", "c", ("a", "originator"), direction="outbound", gateway="t", destination="1003")
    assert story.call().state == "ringing"


def test_a_caller_who_leaves_as_the_agent_lifts_left_and_the_call_ends_with_him() -> None:
    story = Story().outsider(0, "a", "+491701234567", "4000").answers(0, "a")
    story.tell(0.1, "queue", "a", action="enter", queue="support@alpha.example").rings(1, "b", "1003", "a")
    story.answers(3, "b").ends(3.03, "a", "recv_bye").tell(3.04, "queue", "a", action="leave")
    call = story.ends(6.3, "b", "send_bye").call()
    assert (call.hangup.by if call.hangup else None, call.outcome) == ("+491701234567", "abandoned")
    assert (call.ended_at or 0) - call.started_at == 3_030_000
    assert offers(call) == [("1003", "cancelled")]


def test_callers_of_one_standing_line_have_a_call_each_which_ends_when_they_leave() -> None:
    store = fold_all(events_of("284-standby-agent-serves-two-callers"))
    served = [call for call in store.calls.values() if call.direction == "inbound"]
    assert [(call.from_.party, call.answered_by, len(call.aliases)) for call in served] == [
        ("+491701234567", "1004", 0),
        ("+491705554444", "1004", 0),
    ]
    assert [one.ended_at for call in served for one in call.legs if one.ended_at is None] == []
    assert all(call.ended_at is not None and call.hangup is not None for call in served)
    assert [call.hangup.by for call in served if call.hangup] == ["+491701234567", "+491705554444"]


def test_time_in_a_room_is_talk_in_the_sums() -> None:
    story = Story().user(0, "a", "1001", "3001").answers(0, "a")
    story.tell(1, "conference", "a", action="add-member", room="3001").tell(5, "conference", "a", action="del-member")
    call = story.ends(5, "a", "recv_bye").call()
    assert (call.talk_seconds, [one.talk_seconds for one in call.parties]) == (4.0, [4.0])
    assert spans(call, "talk") == []


def test_a_phone_that_a_room_calls_is_called_and_no_caller() -> None:
    story = Story().tell(0, "create", "a", direction="outbound", dialed_user="1002", dialed_domain=DOMAIN, number="0")
    story.tell(0.1, "progress", "a").answers(1, "a").executes(1, "a", "conference", f"page-{DOMAIN}+flags{{mute}}")
    story.tell(1, "conference", "a", action="add-member", room=f"page-{DOMAIN}", domain=DOMAIN)
    call = story.ends(4, "a", "recv_bye").call()
    assert (call.from_.party, call.from_.user, call.answered_by, call.direction) == (
        "conference:page",
        None,
        "1002",
        "internal",
    )
    assert (offers(call), [one.role for one in call.parties]) == ([("1002", "answered")], ["callee"])
    assert spans(call, "ring") == [(("1002",), 0.9)]


def test_a_phone_that_is_tied_by_its_bridge_alone_has_rung() -> None:
    """Camp-on: the switch makes the legs of its later tries for itself."""
    story = Story().user(0, "a", "1001", "651002").answers(0, "a")
    story.tell(2, "create", "b", direction="outbound", dialed_user="1002", dialed_domain=DOMAIN)
    story.tell(2.5, "progress", "b").answers(3, "b").bridged(3, "a", "b")
    call = story.ends(6, "b", "recv_bye").ends(6, "a").call()
    assert spans(call, "ring") == [(("1002",), 0.5)]


def _passed(story: Story, at: float, leg: str, *numbers: str) -> Story:
    for number, target in itertools.pairwise(numbers):
        story.executes(at, leg, "transfer", f"{target} XML {DOMAIN}", number, context=DOMAIN)
    return story


def test_forwards_that_lead_back_to_each_other_are_one_line_that_says_how_often() -> None:
    story = _passed(Story().user(0, "a", "1001", "1002"), 0, "a", *["1002", "1003"] * 35, "1002")
    call = story.ends(1, "a", "send_refuse", "EXCHANGE_ROUTING_ERROR").call()
    assert [(one.by, one.to, one.result, one.passes) for one in call.transfers] == [("1002", "1003", "failed", 70)]


def test_a_forward_into_a_loop_of_others_is_told_apart() -> None:
    story = _passed(Story().user(0, "a", "1001", "1004"), 0, "a", "1004", *["1002", "1003"] * 5)
    call = story.ends(1, "a", "send_refuse", "EXCHANGE_ROUTING_ERROR").call()
    assert [(one.by, one.to, one.passes) for one in call.transfers] == [("1004", "1002", 1), ("1002", "1003", 9)]


@pytest.mark.parametrize(("number", "target"), [("700", "01705550000"), ("71", "+491705550000"), ("651002", "1002")])
def test_a_number_that_stands_for_another_forwards_nothing(number: str, target: str) -> None:
    story = _passed(Story().user(0, "a", "1001", number), 0, "a", number, target)
    assert transfers(story.executes(0, "a", "bridge", "somewhere", target).call()) == []


@pytest.mark.parametrize(("number", "target"), [("1002", "01705550000"), ("300", "1003")])
def test_whoever_has_a_number_forwards(number: str, target: str) -> None:
    story = _passed(Story().user(0, "a", "1001", number), 0, "a", number, target)
    story.executes(0, "a", "bridge", "somewhere", target)
    assert [one[:3] for one in transfers(story.call())] == [("forward", number, target)]


def test_a_speed_dial_of_the_registry_forwards_nothing_however_long_it_is() -> None:
    story = Story().user(0, "a", "1001", "7777")
    story.executes(0, "a", "transfer", f"1003 XML {DOMAIN}", "7777", context=DOMAIN, speed_dial="7777")
    assert transfers(story.executes(0, "a", "bridge", "user/1003", "1003").call()) == []


def test_a_phone_that_redirects_to_one_that_redirects_is_a_chain() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")
    for at, leg, to, new in ((1, "b", "1003", "c"), (2, "c", "1004", "d")):
        story.ends(at, leg, "recv_refuse", "REDIRECTION_TO_NEW_DESTINATION", redirect=to, status="302")
        story.executes(at + 0.1, "a", "bridge", f"user/{to}", to).rings(at + 0.2, new, to, "a")
    call = story.answers(4, "d", "a").bridged(4, "a", "d").ends(6, "a", "recv_bye").ends(6, "d").call()
    assert offers(call) == [("1002", "forwarded"), ("1003", "forwarded"), ("1004", "answered")]
    assert transfers(call) == [("forward", "1002", "1003", "completed"), ("forward", "1003", "1004", "completed")]
    assert (call.dialled, call.answered_by) == ("1002", "1004")


def test_a_phone_that_redirects_into_a_queue_sends_the_caller_there() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")
    story.ends(1, "b", "recv_refuse", "REDIRECTION_TO_NEW_DESTINATION", redirect="4000", status="302").answers(1.1, "a")
    story.executes(1.1, "a", "callcenter", "support@alpha.example", "4000")
    story.tell(1.2, "queue", "a", action="enter", queue="support@alpha.example").rings(2, "d", "1004", "a")
    call = story.answers(4, "d").bridged(4, "a", "d").ends(6, "a", "recv_bye").ends(6, "d").call()
    assert transfers(call) == [("forward", "1002", "queue:support", "completed")]
    assert offers(call) == [("1002", "forwarded"), ("1004", "answered")]


def test_who_picks_a_caller_up_out_of_the_queue_is_the_callee() -> None:
    story = Story().outsider(0, "a", "01705551234", "4000").answers(0.1, "a")
    story.tell(0.2, "queue", "a", action="enter", queue="support@alpha.example").rings(1, "b", "1002", "a")
    story.user(2, "p", "1003", "*8").executes(2.1, "p", "intercept", "b", "*8").answers(2.1, "p").bridged(2.2, "p", "a")
    story.ends(2.2, "b", "send_cancel", "PICKED_OFF").tell(2.3, "queue", "a", action="leave")
    call = story.ends(6, "a", "recv_bye").ends(6, "p").call()
    assert transfers(call) == [("pickup", "1003", "1003", "completed")]
    assert offers(call) == [("1002", "answered_elsewhere")]
    assert spans(call, "queue") == [(("01705551234", "queue:support"), 2.0)]


def test_do_not_disturb_in_a_group_is_one_refusal_and_nobody_elses() -> None:
    story = Story().user(0, "a", "1001", "2000").rings(0.1, "b", "1002", "a").rings(0.1, "c", "1003", "a")
    story.ends(0.3, "b", "recv_refuse", "NO_USER_RESPONSE", status="480").answers(3, "c", "a").bridged(3, "a", "c")
    call = story.ends(5, "c", "recv_bye").ends(5, "a").call()
    assert offers(call) == [("1002", "rejected"), ("1003", "answered")]


def test_a_call_that_is_forwarded_and_then_refused() -> None:
    story = _passed(Story().user(0, "a", "1001", "1002"), 0.1, "a", "1002", "1003").rings(0.3, "c", "1003", "a")
    call = story.ends(2, "c", "recv_refuse", "CALL_REJECTED").ends(2.1, "a", "send_refuse", "CALL_REJECTED").call()
    assert transfers(call) == [("forward", "1002", "1003", "failed")]
    assert (call.outcome, call.hangup.by if call.hangup else None) == ("rejected", "1003")


def test_a_group_that_rang_and_sends_the_call_on_forwards() -> None:
    story = (
        Story().user(0, "a", "1001", "300").executes(0, "a", "bridge", "user/1002", "300").rings(0, "b", "1002", "a")
    )
    story.ends(9, "b", "send_cancel", "NO_ANSWER")
    story = _passed(story, 9, "a", "300", "01705550000").executes(9, "a", "bridge", "somewhere", "01705550000")
    assert [one[:3] for one in transfers(story.call())] == [("forward", "300", "01705550000")]


def test_a_park_into_a_lot_that_is_taken_connects_the_two() -> None:
    story = (
        _parked().user(4, "c", "1003", "1004").rings(4.1, "d", "1004", "c").answers(5, "d", "c").bridged(5, "c", "d")
    )
    story.ends(7, "d", transfer_to="blind:c").executes(7.1, "c", "valet_park", "lot 5960", "5960")
    story.tell(7.1, "valet", "a", ("c", "valet_park"), action="bridge", lot="5960", to="c").bridged(7.1, "a", "c")
    call = story.ends(9, "c", "recv_bye").ends(9, "a").call()
    assert transfers(call)[1:] == [
        ("blind", "1004", "1001", "completed"),
        ("retrieve", "1003", "1003", "completed"),
    ]
    assert spans(call, "talk")[-1] == (("1001", "1003"), 1.9)


def test_who_left_ended_the_call_though_the_switch_swept_up_seconds_later() -> None:
    call = talk().ends(5, "a", "recv_bye").ends(10, "b", "send_bye").call()
    assert call.hangup is not None
    assert call.hangup.by == "1001"


def test_who_left_a_call_that_went_on_did_not_end_it() -> None:
    story = talk().ends(5, "b", "recv_bye").executes(5.5, "a", "playback", "goodbye", id="x")
    story.tell(8, "executed", "a", app="playback", id="x")
    call = story.ends(8, "a", "send_bye").call()
    assert call.hangup is not None
    assert call.hangup.by == "switch"
