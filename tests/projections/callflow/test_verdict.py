"""What a call was, all in all: its outcome, its way, its state, who ended it."""

import pytest

from projections.callflow.document import Outcome, State
from tests.projections.callflow.facts import Story, talk

pytestmark = pytest.mark.pure


def _rings() -> Story:
    return Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")


def _answered() -> Story:
    return Story().outsider(0, "a", "+491701234567", "+49305550").answers(0.1, "a")


def _waits() -> Story:
    return _answered().tell(1, "queue", "a", action="enter", queue="support@alpha.example")


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("USER_BUSY", "busy"),
        ("CALL_REJECTED", "rejected"),
        ("NO_ANSWER", "no_answer"),
        ("ALLOTTED_TIMEOUT", "no_answer"),
        ("UNALLOCATED_NUMBER", "failed"),
    ],
)
def test_a_call_that_nobody_answered_came_out_as_the_callers_leg_says(cause: str, outcome: Outcome) -> None:
    assert Story().user(0, "a", "1001", "1002").ends(5, "a", "send_refuse", cause).call().outcome == outcome


def test_an_answered_line_says_nothing_and_the_last_offer_decides() -> None:
    story = _rings().answers(0.05, "a").ends(5, "b", "recv_refuse", "USER_BUSY")
    assert story.ends(6, "a", "send_bye").call().outcome == "busy"


def test_a_caller_who_leaves_before_anybody_answers_cancels() -> None:
    story = _rings().ends(5, "b", "send_cancel", "ORIGINATOR_CANCEL")
    assert story.ends(5, "a", "recv_cancel", "ORIGINATOR_CANCEL").call().outcome == "cancelled"


@pytest.mark.parametrize(("disposition", "outcome"), [("recv_bye", "abandoned"), ("send_bye", "unserved")])
def test_who_waits_in_vain_abandons_or_is_left_unserved(disposition: str, outcome: Outcome) -> None:
    assert _waits().ends(30, "a", disposition).call().outcome == outcome


def test_an_announcement_to_a_line_that_is_not_answered_is_a_refusal() -> None:
    story = Story().outsider(0, "a", "+491701234567", "+49305550").executes(1, "a", "playback", "no-such-number.wav")
    assert story.ends(5, "a", "send_refuse", "UNALLOCATED_NUMBER").call().outcome == "failed"


def test_a_mailbox_is_no_answer_by_a_person() -> None:
    call = _answered().executes(1, "a", "voicemail", "default alpha.example 1002").ends(9, "a", "recv_bye").call()
    assert (call.answered, call.outcome) == (False, "voicemail")


def test_who_leaves_a_transfer_has_not_ended_the_call() -> None:
    story = talk().ends(3, "b", "recv_bye", transfer_to="blind:a").executes(3.1, "a", "bridge", destination="1003")
    story.rings(3.2, "c", "1003", "a").answers(5, "c").bridged(5, "a", "c").ends(8, "a", "recv_bye").ends(8, "c")
    call = story.call()
    assert call.hangup is not None
    assert call.hangup.by == "1001"


def test_a_call_that_nobody_hung_up_was_ended_by_the_switch() -> None:
    call = talk().ends(5, "b", "send_bye", "ALLOTTED_TIMEOUT").ends(5, "a", "send_bye", "ALLOTTED_TIMEOUT").call()
    assert call.hangup is not None
    assert (call.hangup.by, call.hangup.cause) == ("switch", "ALLOTTED_TIMEOUT")


def test_a_phone_that_refuses_ends_the_call_with_its_status() -> None:
    story = _rings().ends(2, "b", "recv_refuse", "USER_BUSY", status="486")
    call = story.ends(2, "a", "send_refuse", "USER_BUSY").call()
    assert call.hangup is not None
    assert (call.hangup.by, call.hangup.sip_status) == ("1002", 486)


@pytest.mark.parametrize(
    ("story", "state"),
    [
        (Story().user(0, "a", "1001", "1002"), "ringing"),
        (_rings(), "ringing"),
        (_answered(), "ivr"),
        (_waits(), "queued"),
        (talk(), "talking"),
        (talk().tell(2, "hold", "b"), "held"),
        (talk().ends(3, "b", transfer_to="blind:a").executes(3.1, "a", "bridge", destination="1003"), "ringing"),
        (talk().ends(3, "b", "recv_bye").ends(3, "a"), "complete"),
    ],
)
def test_the_state_is_what_goes_on_now(story: Story, state: State) -> None:
    assert Story().again(story).call().state == state


def test_between_hangup_and_last_words_a_call_is_what_it_was() -> None:
    story = talk().tell(5, "hangup", "b", cause="NORMAL_CLEARING").tell(5, "hangup", "a", cause="NORMAL_CLEARING")
    assert story.call().state == "talking"


def test_the_way_of_a_call_is_that_of_its_people() -> None:
    outside = {"gateway": "trunk", "direction": "outbound", "destination": "+491701234567"}
    assert talk().call().direction == "internal"
    assert _answered().call().direction == "inbound"
    story = Story().user(0, "a", "1001", "+491701234567")
    assert story.tell(0.1, "create", "b", ("a", "originator"), **outside).call().direction == "outbound"


def test_what_was_dialled_stays_through_a_forward() -> None:
    story = Story().user(0, "a", "1001", "1002")
    story.executes(0, "a", "transfer", "1003 XML alpha.example", "1002", context="alpha.example")
    assert story.executes(0.1, "a", "bridge", "user/1003", "1003").rings(0.2, "b", "1003", "a").call().dialled == "1002"


def test_a_caller_whose_own_leg_was_never_seen_is_who_his_legs_say() -> None:
    made = {"direction": "outbound", "dialed_user": "1002", "number": "1001", "caller_name": "Alice"}
    call = Story().tell(0, "create", "b", ("a", "originator"), **made).call()
    assert (call.call_id, call.from_.party, call.from_.name) == ("a", "1001", "Alice")
