"""What the state of a call is after some facts, and what goes on in it then: one row a rule."""

import pytest

from projections.callflow.activities import activities
from projections.callflow.course import Course
from projections.callflow.legs import first_names, legs_of
from projections.callflow.origin import root_of
from projections.callflow.slices import whole
from tests.projections.callflow.facts import BEGIN, Story, talk

pytestmark = pytest.mark.pure


def course_after(story: Story, until: float = 1e9) -> Course:
    """The state of the call after so many seconds of it; the legs are known to their end."""
    facts = sorted(story.facts, key=lambda fact: fact.order)
    names = first_names(facts)
    legs = whole(legs_of(facts, names))
    course = Course(legs, names, root_of(legs))
    for fact in (fact for fact in facts if fact.at <= BEGIN + int(until * 1_000_000)):
        course.apply(fact, legs[names.get(fact.leg, fact.leg)])
    return course


def going_on(story: Story) -> list[tuple[str, tuple[str, ...], str, str]]:
    """What goes on at its end: kind, legs, by whom, and what tells it apart."""
    return list(activities(course_after(story)))


RINGING = Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")
CALLER = Story().user(0, "a", "1001", "9000").answers(1, "a")


@pytest.mark.parametrize(
    ("rule", "story", "wanted"),
    [
        ("a phone rings for the call", RINGING, [("ring", ("b",), "", "")]),
        ("bridged and both answered is talk", talk(), [("talk", ("a", "b"), "", "")]),
        (
            "bridged before the far side has answered is sound, and no talk",
            Story().again(RINGING).tell(0.2, "early", "b").bridged(0.3, "a", "b"),
            [("early_media", ("a", "b"), "", ""), ("ring", ("b",), "", "")],
        ),
        ("who holds makes the other wait", talk().tell(2, "hold", "b"), [("hold", ("a",), "1002", "")]),
        (
            "who takes back talks again",
            talk().tell(2, "hold", "b").tell(3, "unhold", "b"),
            [("talk", ("a", "b"), "", "")],
        ),
        ("a bridge that is taken down is over", talk().tell(2, "unbridge", "a", a="a", b="b"), []),
        ("a leg that ended takes its bridge along", talk().tell(2, "hangup", "b", cause="NORMAL_CLEARING"), []),
        (
            "a lot has who is put into it, and nobody talks there",
            talk().tell(2, "unbridge", "a", a="a", b="b").tell(3, "valet", "a", action="hold", lot="5901"),
            [("park", ("a",), "", "5901")],
        ),
        (
            "who is bridged out of a lot is not in it any more",
            Story()
            .again(CALLER)
            .tell(2, "valet", "a", action="hold", lot="5901")
            .user(3, "c", "1003", "5901")
            .answers(3.1, "c")
            .bridged(4, "c", "a"),
            [("talk", ("a", "c"), "", "")],
        ),
        (
            "a queue has its caller until he is served",
            Story().again(CALLER).tell(2, "queue", "a", action="enter", queue="support"),
            [("queue", ("a",), "", "support")],
        ),
        (
            "who leaves a queue waits no more",
            Story()
            .again(CALLER)
            .tell(2, "queue", "a", action="enter", queue="support")
            .tell(9, "queue", "a", action="leave"),
            [],
        ),
        (
            "a room has its members",
            Story()
            .again(CALLER)
            .tell(2, "conference", "a", action="add-member", room="3001-alpha.example", domain="alpha.example"),
            [("conference", ("a",), "", "3001")],
        ),
        (
            "an announcement plays to whom nothing else is done",
            Story().again(CALLER).executes(2, "a", "playback", "hello.wav"),
            [("announcement", ("a",), "", "hello.wav")],
        ),
        (
            "music that plays to a caller in a queue is no announcement",
            Story()
            .again(CALLER)
            .tell(2, "queue", "a", action="enter", queue="support")
            .executes(3, "a", "playback", "moh.wav"),
            [("queue", ("a",), "", "support")],
        ),
        (
            "the next recording says that the one before is over",
            Story().again(CALLER).executes(2, "a", "playback", "one.wav").executes(3, "a", "playback", "two.wav"),
            [("announcement", ("a",), "", "two.wav")],
        ),
        (
            "a mailbox hides what it records",
            Story()
            .again(CALLER)
            .executes(2, "a", "voicemail", "default alpha.example 1005")
            .tell(3, "record", "a", file="m.wav"),
            [("voicemail", ("a",), "", "default alpha.example 1005")],
        ),
        (
            "who listens in does so in a mode",
            Story().again(CALLER).executes(2, "a", "eavesdrop", "x", mode="whisper"),
            [("monitor", ("a",), "", "whisper x")],
        ),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)
def test_what_goes_on(rule: str, story: Story, wanted: list[tuple[str, tuple[str, ...], str, str]]) -> None:
    assert going_on(story) == wanted, rule


@pytest.mark.parametrize(("hangup", "holds"), [(5.05, True), (7, False)])
def test_an_unhold_that_the_hangup_makes_ends_no_hold(hangup: float, holds: bool) -> None:
    story = talk().tell(2, "hold", "b").tell(5, "unhold", "b").ends(hangup, "b", "recv_bye")
    assert ("b" in course_after(story, until=5).holding) is holds


def test_who_is_bridged_anew_has_left_the_bridge_before() -> None:
    story = talk().rings(2, "c", "1003", "a").answers(3, "c").bridged(3, "a", "c")
    assert course_after(story).bridges == [("a", "c")]


def test_a_feature_codes_transfer_keeps_the_first_bridge_under_the_second() -> None:
    story = (
        talk()
        .executes(2, "b", "att_xfer", "user/1003")
        .rings(2.1, "c", "1003", "b")
        .answers(3, "c")
        .bridged(3, "b", "c")
    )
    assert course_after(story).bridges == [("a", "b"), ("b", "c")]
    assert going_on(story) == [("hold", ("a",), "1002", ""), ("consult", ("b", "c"), "", "")]


def test_what_a_dead_switch_held_is_over() -> None:
    course = course_after(talk())
    course.cut("a")
    assert (course.bridges, list(activities(course))) == ([], [])
    assert "a" in course.alive, "the leg may be recovered"
