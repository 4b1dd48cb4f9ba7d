"""When what goes on begins and ends: stretches of a call, also where the switch was not heard or shuffled its state."""

import pytest

from tests.projections.callflow.facts import BEGIN, Story, spans, talk

pytestmark = pytest.mark.pure


def _answered() -> Story:
    return Story().outsider(0, "a", "+491701234567", "+49305550").answers(0, "a")


def test_a_talk_that_is_broken_for_an_instant_is_one_talk() -> None:
    story = talk().tell(3, "unbridge", "a", a="a", b="b").bridged(3.05, "a", "b")
    assert spans(story.ends(5, "b", "recv_bye").ends(5, "a").call(), "talk") == [(("1001", "1002"), 4.0)]


def test_a_talk_that_is_broken_for_longer_is_two() -> None:
    story = talk().tell(3, "unbridge", "a", a="a", b="b").bridged(4, "a", "b")
    call = story.ends(5, "b", "recv_bye").ends(5, "a").call()
    assert [seconds for _, seconds in spans(call, "talk")] == [2.0, 1.0]


def test_what_is_shorter_than_the_switchs_shuffling_is_left_out() -> None:
    story = (
        _answered().tell(1, "valet", "a", action="hold", lot="5901").tell(1.01, "valet", "a", action="exit", lot="5901")
    )
    assert spans(story.call(), "park") == []


def test_a_scrap_of_hold_music_is_left_out_and_an_announcement_is_not() -> None:
    story = _answered().executes(1, "a", "playback", "scrap.wav").tell(1.1, "executed", "a", app="playback")
    story.executes(2, "a", "playback", "welcome.wav").tell(4, "executed", "a", app="playback")
    assert [one.detail["file"] for one in story.call().segments if one.kind == "announcement"] == ["welcome.wav"]


def test_an_unhold_that_the_hangup_made_does_not_end_the_hold_before_it() -> None:
    story = talk().tell(2, "hold", "b").tell(4.95, "unhold", "b").ends(5, "b", "recv_bye").ends(5, "a")
    call = story.call()
    assert spans(call, "hold") == [(("1001",), 3.0)]
    assert [seconds for _, seconds in spans(call, "talk")] == [1.0]


def test_a_bridge_that_is_known_by_its_end_alone_is_put_in_and_marked() -> None:
    story = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a").answers(1, "b", "a")
    story.tell(5, "unbridge", "a", ("b", "bridge"), a="a", b="b", bridged=str(BEGIN + 1_500_000))
    (found,) = [one for one in story.ends(5, "b").ends(5, "a").call().segments if one.kind == "talk"]
    assert (found.seconds, found.quality) == (3.5, "bounded")


def test_a_bridge_nested_over_another_carries_the_sound() -> None:
    """`att_xfer`: the transferor's first bridge is still there, but who waits on it hears nobody."""
    story = talk().executes(2, "b", "att_xfer", "user/1003").rings(2.1, "c", "1003", "b").answers(3, "c")
    call = story.bridged(3, "b", "c").call()
    assert [parties for parties, _ in spans(call, "consult")] == [("1002", "1003")]
    assert [parties for parties, _ in spans(call, "hold")] == [("1001",)]
    assert spans(call, "talk") == [(("1001", "1002"), 1.0)]


def test_three_in_one_conversation_are_one_talk() -> None:
    story = talk().user(2, "c", "1003", "*33").answers(2, "c").executes(2.5, "c", "three_way", "a")
    assert spans(story.call(), "talk")[-1] == (("1001", "1002", "1003"), None)


def test_loopback_wire_is_nobody() -> None:
    story = Story().user(0, "a", "1001", "1002").answers(0.5, "a")
    story.tell(0.1, "create", "l1", ("a", "originator"), name="loopback/1002-a", direction="outbound", loopback="l2")
    story.tell(0.1, "create", "l2", name="loopback/1002-b", direction="inbound", loopback="l1")
    story.rings(0.2, "b", "1002", "l2").answers(1, "b", "l1", "l2").bridged(1, "a", "l1").bridged(1, "l2", "b")
    assert spans(story.call(), "talk") == [(("1001", "1002"), None)]


def test_who_is_fetched_out_of_a_queue_waits_no_more_also_if_the_queue_does_not_say_so() -> None:
    story = _answered().tell(1, "queue", "a", action="enter", queue="support").rings(2, "b", "1002", "a")
    call = story.answers(4, "b").bridged(4, "a", "b").call()
    assert [seconds for _, seconds in spans(call, "queue")] == [3.0]


def test_the_next_of_its_kind_ends_a_playback_whose_end_was_not_seen() -> None:
    story = _answered().executes(1, "a", "playback", "one.wav").executes(4, "a", "playback", "two.wav")
    assert [seconds for _, seconds in spans(story.call(), "announcement")] == [3.0, None]
