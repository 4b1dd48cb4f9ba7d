"""When events are due: as they happened, ten times as fast, with silences cut, and over the seams of recordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.replay.pace import Pace

pytestmark = pytest.mark.pure

S = 1_000_000


def dues(times: list[float], speed: float | None, idle: float | None = None) -> list[float]:
    pace = Pace(speed, idle)
    return [round(pace.step(int(at * S)), 6) for at in times]


def test_at_the_speed_of_life_and_faster() -> None:
    assert dues([100, 100.5, 103, 103], 1) == [0, 0.5, 3, 3]
    assert dues([100, 100.5, 103, 103], 10) == [0, 0.05, 0.3, 0.3]
    assert dues([100, 100.5, 103, 103], None) == [0, 0, 0, 0]


def test_a_little_disorder_waits_for_nothing() -> None:
    assert dues([10, 12, 11, 13], 1) == [0, 2, 2, 3]


def test_another_recording_begins_where_the_one_before_ended() -> None:
    assert dues([5000, 5001, 100, 102], 1) == [0, 1, 1, 3]


def test_a_silence_can_be_cut() -> None:
    assert dues([0, 1, 5001, 5002], 1, idle=3) == [0, 1, 4, 5]
    assert dues([0, 1, 5001, 5002], 10, idle=0) == [0, 0, 0, 0]


@given(st.lists(st.integers(0, 10**16), max_size=30), st.sampled_from([1.0, 10.0]))
def test_nothing_is_due_before_what_stands_before_it(times: list[int], speed: float) -> None:
    pace = Pace(speed)
    found = [pace.step(at) for at in times]
    assert found == sorted(found)
