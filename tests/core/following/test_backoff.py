"""Waits that grow, stay bounded, and start over."""

from __future__ import annotations

import pytest

from core.following.backoff import Backoff

pytestmark = pytest.mark.pure


def test_doubles_up_to_the_longest_and_starts_over() -> None:
    backoff = Backoff(1, 10)
    assert [backoff.next(0) for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert backoff.next(0.5) == 7.5
    backoff.reset()
    assert backoff.next(0) == 1


def test_does_not_overflow_in_a_year() -> None:
    backoff = Backoff(0.25, 15)
    for _ in range(5000):
        assert 0 < backoff.next(0.999) <= 15
