"""Cursors go there and back, and what is none is refused in a sentence."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cursor import BadCursor, cursor, position

pytestmark = pytest.mark.pure
HERE, THERE = UUID(int=7 << 100), UUID(int=9 << 100)


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_is_the_place_that_it_was_made_of(at: int) -> None:
    assert position("calls", HERE, cursor("calls", HERE, at)) == at


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (cursor("switch", HERE, 5), "other log"),
        (cursor("calls", THERE, 5), "another installation"),
        ("", "no cursor"),
        ("hello", "no cursor"),
        ("é" * 19, "no cursor"),
        ("_" * 19, "no cursor|another version"),
    ],
)
def test_what_is_no_cursor_of_this_log_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadCursor, match=says):
        position("calls", HERE, text)


@given(st.text(max_size=40))
def test_any_text_is_a_place_or_refused(text: str) -> None:
    with suppress(BadCursor):
        position("calls", HERE, text)
