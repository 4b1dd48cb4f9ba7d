"""Permits: so many at once, so many a second, for each key."""

import pytest

from api.provision.limits import Limits

pytestmark = pytest.mark.pure


def test_a_burst_then_a_rate() -> None:
    limits = Limits(burst=3, rate=0.5)
    assert [limits.take("a", 0) for _ in range(4)] == [0, 0, 0, 2]
    assert limits.take("b", 0) == 0
    assert limits.take("a", 1) == 1
    assert limits.take("a", 2) == 0
    assert limits.take("a", 2) == 2


def test_memory_is_bounded() -> None:
    limits = Limits(burst=1, rate=1, most=10)
    assert [limits.take(str(n), 0) for n in range(1000)] == [0] * 1000
    assert len(limits._left) == 10
