"""A follower's ups and downs, without a clock: what is said, how long is waited, what is shown."""

from __future__ import annotations

import psycopg
import pytest

from core.errors import LogAway
from core.following.course import HANGS, SAID_AGAIN, Course

pytestmark = pytest.mark.pure
AWAY = LogAway("The database is away.")


def test_a_trouble_begins_with_the_first_failure_and_ends_with_a_success() -> None:
    course = Course("planner", first=1, longest=4)
    assert course.well(90) is None
    pauses = [course.failed(AWAY, now, 0.0).pause for now in (100, 101, 103, 107)]
    assert pauses == [1, 2, 4, 4]
    standing = course.standing
    assert (standing.since, standing.tries, standing.failures) == (100, 4, 4)
    assert standing.trouble == "The database is away."
    assert course.well(112) == 12
    assert (course.standing.trouble, course.standing.since, course.standing.tries) == (None, None, 0)
    assert course.standing.failures == 4, "what happened is not forgotten"
    assert course.failed(AWAY, 200, 0.0).pause == 1
    assert course.standing.since == 200


def test_the_same_is_said_once_and_again_after_a_while() -> None:
    course = Course("planner")
    said = [course.failed(AWAY, now, 0.5).say for now in (0, 1, 2, SAID_AGAIN - 1, SAID_AGAIN, SAID_AGAIN + 1)]
    assert said == [True, False, False, False, True, False]
    assert course.failed(LogAway("Something else."), SAID_AGAIN + 2, 0.5).say
    course.well(SAID_AGAIN + 3)
    assert course.failed(AWAY, SAID_AGAIN + 4, 0.5).say


def test_a_trouble_with_ever_new_words_does_not_fill_the_log() -> None:
    course = Course("planner")
    assert sum(course.failed(ValueError(f"number {n}"), 1, 0.5).say for n in range(1000)) == 20


@pytest.mark.parametrize(
    ("error", "says", "unforeseen"),
    [
        (AWAY, "The database is away.", False),
        (psycopg.OperationalError("gone\nHINT: none"), "OperationalError: gone", False),
        (OverflowError("too large"), "OverflowError: too large", True),
        (KeyError(), "KeyError", True),
        (ValueError("x" * 1000), f"ValueError: {'x' * 300}", True),
    ],
)
def test_what_an_error_says(error: Exception, says: str, unforeseen: bool) -> None:
    failed = Course("planner").failed(error, 1, 0.5)
    assert (failed.sentence, failed.unforeseen) == (says, unforeseen)


def test_what_was_put_aside_is_counted_and_no_trouble() -> None:
    course = Course("planner")
    course.put_aside()
    assert course.standing.put_aside == 1
    assert course.standing.trouble is None


def test_a_step_that_does_not_come_back_hangs() -> None:
    course = Course("planner", longest_step=60)
    course.works(100)
    assert course.seen(160).trouble is None
    standing = course.seen(161)
    assert (standing.trouble, standing.since, standing.tries) == (HANGS, 100, 0)
    course.works(162)
    assert course.seen(163).trouble is None, "the next step has begun"


def test_who_waits_does_not_hang_however_long_it_waits() -> None:
    course = Course("planner", longest_step=60)
    course.works(100)
    course.rests()
    assert course.seen(100_000).trouble is None


def test_a_trouble_is_told_rather_than_that_it_hangs() -> None:
    course = Course("planner", longest_step=60)
    course.failed(AWAY, 100, 0.5)
    course.works(101)
    assert course.seen(1000).trouble == "The database is away."
