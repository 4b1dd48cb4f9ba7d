"""Transfers by the trace that shows them: a few facts in, who moved whom to where, and what came of it."""

import pytest

from tests.projections.callflow.facts import Story, talk, transfers

pytestmark = pytest.mark.pure


def _blind(at: float) -> Story:
    """1002 sends 1001 on to 1003."""
    return talk().ends(at, "b", cause="BLIND_TRANSFER", transfer_to="blind:a").rings(at + 0.1, "c", "1003", "a")


def test_blind_completes_when_the_target_answers() -> None:
    story = _blind(3).answers(5, "c").bridged(5, "a", "c")
    assert transfers(story.call()) == [("blind", "1002", "1003", "completed")]


def test_blind_is_open_while_the_target_rings() -> None:
    assert transfers(_blind(3).call()) == [("blind", "1002", "1003", None)]


def test_blind_fails_when_the_one_who_was_sent_gives_up() -> None:
    story = _blind(3).ends(6, "c", "send_cancel", "ORIGINATOR_CANCEL").ends(6, "a", "recv_bye")
    assert transfers(story.call()) == [("blind", "1002", "1003", "failed")]


def test_blind_that_rings_back_at_who_transferred_returned() -> None:
    story = _blind(3).ends(6, "c", "send_cancel", "NO_ANSWER").rings(6.1, "d", "1002", "a").answers(7, "d")
    assert transfers(story.bridged(7, "a", "d").call()) == [("blind", "1002", "1003", "returned")]


def test_a_blind_transfer_into_a_lot_is_a_park() -> None:
    story = (
        talk()
        .ends(3, "b", cause="BLIND_TRANSFER", transfer_to="blind:a")
        .tell(3.1, "valet", "a", action="hold", lot="5901")
    )
    assert transfers(story.tell(9, "execute", "a", app="valet_park").call()) == [
        ("park", "1002", "park:5901", "completed")
    ]


def test_a_command_that_shows_twice_is_one_transfer() -> None:
    story = talk().tell(3, "command", "a", command="uuid_transfer", arguments="a 1003")
    story.tell(3.1, "command", "a", command="uuid_transfer", arguments="a 1003", job="j")
    story.tell(3.2, "unbridge", "a", a="a", b="b").rings(3.3, "c", "1003", "a").answers(4, "c").bridged(4, "a", "c")
    assert transfers(story.call()) == [("command", None, "1003", "completed")]


def test_who_picks_up_is_the_callee() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a").user(2, "c", "1003", "*8")
    story.executes(2.1, "c", "intercept", "b").answers(2.2, "c", "a").tell(
        2.3, "bridge", "c", ("a", "bridge"), a="c", b="a"
    )
    assert transfers(story.call()) == [("pickup", "1003", "1003", "completed")]


def test_a_phone_that_redirects_forwards() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")
    story.ends(1, "b", "send_bye", "REDIRECTION_TO_NEW_DESTINATION", redirect="1003").rings(1.1, "c", "1003", "a")
    assert transfers(story.answers(3, "c", "a").bridged(3, "a", "c").call()) == [
        ("forward", "1002", "1003", "completed")
    ]


def test_a_feature_code_is_no_transfer_before_the_transferor_hangs_up() -> None:
    story = (
        talk()
        .executes(2, "b", "att_xfer", "user/1003")
        .rings(2.1, "c", "1003", "b")
        .answers(3, "c")
        .bridged(3, "b", "c")
    )
    assert transfers(story.call()) == []
    story.ends(6, "b", "recv_bye").bridged(6.1, "a", "c")
    assert transfers(story.call()) == [("attended", "1002", "1003", "completed")]
