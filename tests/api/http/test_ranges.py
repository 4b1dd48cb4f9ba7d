"""What a Range header asks for, of a file of 100 bytes."""

import pytest

from api.http.ranges import Unsatisfiable, part

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, None),
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("Bytes=5-9", (5, 10)),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("items=0-5", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
    ],
)
def test_one_range_is_answered_and_what_is_none_is_not(asked: str | None, wanted: tuple[int, int] | None) -> None:
    assert part(asked, 100) == wanted


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_behind_the_end_is_nothing(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        part(asked, 100)
