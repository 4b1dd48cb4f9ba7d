"""The published schedule, and how its waits are spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.hooks.schedule import HOUR, WAITS, Schedule

pytestmark = pytest.mark.pure


def test_it_is_that_of_standard_webhooks() -> None:
    waits = [Schedule().wait(attempts, lambda: 0.0) for attempts in range(1, 11)]
    assert waits == [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR, None]
    assert sum(WAITS) / HOUR == pytest.approx(75.585, abs=0.01)


@given(st.integers(1, 9), st.floats(0, 1))
def test_jitter_makes_it_later_never_sooner(attempts: int, chance: float) -> None:
    wait = Schedule().wait(attempts, lambda: chance)
    assert wait is not None
    assert WAITS[attempts - 1] <= wait <= WAITS[attempts - 1] * 1.1


def test_a_receiver_may_ask_for_patience_up_to_a_day() -> None:
    assert Schedule().wait(1, lambda: 0.0, 60) == 60
    assert Schedule().wait(2, lambda: 0.0, 60) == 300
    assert Schedule().wait(1, lambda: 0.0, 10**9) == 24 * HOUR
    assert Schedule().wait(10, lambda: 0.0, 60) is None
