"""What outsiders write where a number belongs: read within bounds, or not at all; never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.numbers import LARGEST, LATEST, instant, number
from projections.callflow.document import instant_text

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("value", [None, "", b"", "-1", "+1", "1_0", " 1", "²", "٣", "9" * 19, "1" * 5000, "0x1"])
def test_what_is_no_number_is_none(value: str | bytes | None) -> None:
    assert number(value) is None
    assert instant(value) is None


def test_bounds() -> None:
    assert (number(str(LARGEST)), number(str(LARGEST + 1))) == (LARGEST, None)
    assert (number("65535", 65_535), number("65536", 65_535)) == (65_535, None)
    assert (instant(b"%d" % LATEST), instant(b"%d" % (LATEST + 1))) == (LATEST, None)
    assert number("007") == 7


@given(st.text() | st.binary() | st.integers(min_value=0).map(str) | st.from_regex(r"\A\d{1,40}\Z"))
def test_anything_is_a_number_within_bounds_or_none(value: str | bytes) -> None:
    found = number(value)
    assert found is None or 0 <= found <= LARGEST
    at = instant(value)
    assert at is None or instant_text(at)
