"""What comes of an offer: by the cause of its leg, and where that says little, by what else happened."""

import pytest

from projections.callflow.document import OfferOutcome
from tests.projections.callflow.facts import Story, offers, talk

pytestmark = pytest.mark.pure


def _rings() -> Story:
    return Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("USER_BUSY", "busy"),
        ("CALL_REJECTED", "rejected"),
        ("NO_ANSWER", "no_answer"),
        ("ALLOTTED_TIMEOUT", "no_answer"),
        ("LOSE_RACE", "answered_elsewhere"),
        ("PICKED_OFF", "answered_elsewhere"),
        ("RECOVERY_ON_TIMER_EXPIRE", "failed"),
        ("DESTINATION_OUT_OF_ORDER", "failed"),
        ("REDIRECTION_TO_NEW_DESTINATION", "forwarded"),
    ],
)
def test_some_causes_say_it_alone(cause: str, outcome: OfferOutcome) -> None:
    assert offers(_rings().ends(20, "b", "recv_refuse", cause).ends(20, "a").call()) == [("1002", outcome)]


def test_an_offer_is_open_while_the_phone_rings() -> None:
    (offer,) = _rings().call().offers
    assert (offer.outcome, offer.ended_at) == (None, None)


def test_a_480_at_once_is_a_key_and_a_late_one_a_time_that_ran_out() -> None:
    soon = _rings().ends(2, "b", "recv_refuse", "NO_USER_RESPONSE", status="480").ends(2, "a").call()
    late = _rings().ends(20, "b", "recv_refuse", "NO_USER_RESPONSE", status="480").ends(20, "a").call()
    assert offers(soon) == [("1002", "rejected")]
    assert offers(late) == [("1002", "no_answer")]


def test_a_phone_that_the_switch_cancels_as_another_answers_has_missed_nothing() -> None:
    story = _rings().rings(0.1, "c", "1003", "a").answers(5, "c", "a").bridged(5, "a", "c")
    call = story.ends(5.2, "b", "send_cancel", "ORIGINATOR_CANCEL").ends(9, "c", "recv_bye").ends(9, "a").call()
    assert offers(call) == [("1002", "answered_elsewhere"), ("1003", "answered")]


def test_a_phone_that_the_switch_cancels_as_the_caller_leaves_is_cancelled() -> None:
    call = _rings().ends(5, "b", "send_cancel", "ORIGINATOR_CANCEL").ends(5, "a", "recv_cancel").call()
    assert offers(call) == [("1002", "cancelled")]


def test_a_phone_that_the_switch_gives_up_while_the_caller_waits_has_not_answered() -> None:
    story = _rings().answers(0.05, "a").ends(20, "b", "send_cancel", "NORMAL_CLEARING")
    assert offers(story.ends(40, "a", "recv_bye").call()) == [("1002", "no_answer")]


def test_a_call_that_was_answered_on_another_device_says_so_itself() -> None:
    story = _rings().ends(5, "b", "recv_refuse", "NORMAL_CLEARING", elsewhere="true")
    assert offers(story.ends(9, "a").call()) == [("1002", "answered_elsewhere")]


def test_a_lifted_phone_is_offered_the_call_until_it_has_confirmed() -> None:
    story = _rings().answers(2, "b").executes(2, "b", "read").answers(6, "a").bridged(6, "a", "b")
    (offer,) = story.ends(9, "b", "recv_bye").ends(9, "a").call().offers
    assert offer.outcome == "answered"
    assert offer.ended_at is not None
    assert offer.ended_at - offer.started_at == 5_900_000


def test_a_lifted_phone_that_never_confirmed_has_refused() -> None:
    story = _rings().answers(2, "b").executes(2, "b", "read").ends(5, "b", "recv_bye")
    assert offers(story.ends(9, "a", "recv_bye").call()) == [("1002", "rejected")]


def test_ringing_the_callers_own_phone_is_no_offer() -> None:
    story = Story().tell(0, "create", "a", direction="outbound", dialed_user="1001", dialed_domain="alpha.example")
    story.answers(1, "a").rings(1.1, "b", "1002", "a").answers(3, "b").bridged(3, "a", "b")
    assert offers(story.ends(5, "a", "recv_bye").ends(5, "b").call()) == [("1002", "answered")]


def test_each_round_is_an_offer() -> None:
    story = _rings().ends(5, "b", "send_cancel", "NO_ANSWER").rings(6, "c", "1002", "a").answers(8, "c", "a")
    call = story.bridged(8, "a", "c").ends(9, "c", "recv_bye").ends(9, "a").call()
    assert offers(call) == [("1002", "no_answer"), ("1002", "answered")]


def test_a_phone_that_nobody_rang_for_the_call_is_no_offer() -> None:
    assert [one.to for one in talk().call().offers] == ["1002"]
