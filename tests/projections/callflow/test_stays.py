"""How a stay in a queue comes out, by rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projections.callflow.facts import DOMAIN, Story

pytestmark = pytest.mark.pure

SUPPORT, SALES = f"support@{DOMAIN}", f"sales@{DOMAIN}"


def waiting(queue: str = SUPPORT) -> Story:
    """Somebody from outside waits from the first second on."""
    story = Story().outsider(0, "a", "+491701234567", "4010").answers(0.5, "a")
    return story.tell(1, "queue", "a", action="enter", queue=queue)


def leaves(story: Story, at: float, reason: str, queue: str = SUPPORT) -> Story:
    return story.tell(at, "queue", "a", action="leave", queue=queue, cause="Cancel", reason=reason)


def ends_of(story: Story) -> list[tuple[Any, ...]]:
    found = [one for one in story.call().segments if one.kind == "queue"]
    return [tuple(one.detail.get(name) for name in ("queue", "outcome", "agent", "to")) for one in found]


def test_who_waits_has_no_outcome_yet() -> None:
    assert ends_of(waiting()) == [("support", None, None, None)]


def test_an_agent_who_is_told_to_serve_and_talks_has_answered() -> None:
    story = waiting().rings(2, "b", "1003", "a").answers(4, "b")
    story.tell(4, "queue", "a", ("b", "callcenter"), action="served", queue=SUPPORT).bridged(4, "a", "b")
    assert ends_of(story.ends(9, "b", "recv_bye").ends(9, "a")) == [("support", "answered", "1003", None)]


def test_who_fetches_a_caller_is_no_agent_of_the_queue() -> None:
    story = leaves(waiting(), 3, "BREAK_OUT").user(2.9, "s", "1004", "*8").answers(2.95, "s").bridged(3, "s", "a")
    assert ends_of(story.ends(9, "s", "recv_bye").ends(9, "a")) == [("support", "taken", "1004", None)]


def test_who_hangs_up_while_he_waits_has_abandoned() -> None:
    story = leaves(waiting(), 6, "BREAK_OUT").ends(6, "a", "recv_bye")
    assert ends_of(story) == [("support", "abandoned", None, None)]


@pytest.mark.parametrize(("reason", "outcome"), [("TIMEOUT", "timeout"), ("NO_AGENT_TIMEOUT", "no_agent")])
def test_who_is_let_go_and_hears_no_more_has_waited_in_vain(reason: str, outcome: str) -> None:
    story = leaves(waiting(), 30, reason).ends(30.2, "a", "send_bye")
    assert ends_of(story) == [("support", outcome, None, None)]


@pytest.mark.parametrize("reason", ["TIMEOUT", "NO_AGENT_TIMEOUT"])
def test_who_is_let_go_and_waits_elsewhere_has_overflowed(reason: str) -> None:
    story = leaves(waiting(), 30, reason).tell(30.1, "queue", "a", action="enter", queue=SALES)
    story.tell(40, "queue", "a", action="leave", queue=SALES, cause="Cancel", reason="BREAK_OUT")
    assert ends_of(story.ends(40, "a", "recv_bye")) == [
        ("support", "overflowed", None, "queue:sales"),
        ("sales", "abandoned", None, None),
    ]


def test_a_key_leads_out() -> None:
    story = leaves(waiting(), 5, "EXIT_WITH_KEY").executes(5.1, "a", "voicemail", destination="1005")
    found = ends_of(story.ends(12, "a", "recv_bye"))
    assert [one[:2] for one in found] == [("support", "left_by_key")]


def test_an_announcement_is_nothing_that_he_went_on_to() -> None:
    story = leaves(waiting(), 30, "TIMEOUT").executes(30.1, "a", "playback", arguments="sorry.wav")
    assert ends_of(story.ends(33, "a", "send_bye"))[0][1] == "timeout"
