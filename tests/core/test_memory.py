"""The C library's search finds what Python's finds, and so does the way without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import memory
from core.memory import find

pytestmark = pytest.mark.pure

few = st.binary(max_size=30).map(lambda data: bytes(byte % 3 for byte in data))


@given(few, few.filter(len), st.integers(0, 35))
def test_it_finds_what_bytes_find_finds(haystack: bytes, needle: bytes, start: int) -> None:
    assert find(haystack, needle, start) == haystack.find(needle, start)


def test_without_a_c_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_search", None)
    assert find(b"abcabc", b"c", 3) == 5
    assert find(b"abcabc", b"x", 0) == -1


def test_long_bytes_with_zeros_inside() -> None:
    haystack = bytes(1_000_000) + b"assword" + bytes(10)
    assert find(haystack, b"assw", 0) == 1_000_000
    assert find(haystack, b"assw", 1_000_001) == -1
