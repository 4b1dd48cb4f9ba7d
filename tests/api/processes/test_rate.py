"""The rate of a count is that of the last seconds."""

import pytest

from api.processes.rate import Rate

pytestmark = pytest.mark.pure


def test_a_rate_forgets_what_is_long_ago() -> None:
    rate = Rate(window=10.0)
    assert rate(1_000_000, 0.0) == 0.0, "one look tells nothing"
    assert rate(1_000_100, 1.0) == 100.0
    assert rate(1_000_100, 5.0) == 20.0
    assert rate(1_000_100, 12.0) == 0.0
    assert rate(1_000_400, 15.0) == 30.0


def test_a_count_that_begins_anew_is_no_negative_rate() -> None:
    rate = Rate()
    rate(500, 0.0)
    assert rate(3, 1.0) == 0.0
