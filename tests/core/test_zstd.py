"""Frames come back, also when many threads make and read them at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.zstd import compress, decompress
from tests.core.made import capture

pytestmark = pytest.mark.pure


@given(st.binary(max_size=5000))
def test_any_bytes_come_back(data: bytes) -> None:
    assert decompress(compress(data)) == data


def test_many_threads_at_once() -> None:
    # Large enough that a thread lets go of the interpreter's lock in the middle.
    pages = [b"".join(capture("13-")[at : at + 40]) for at in range(60)]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(10):
            assert list(threads.map(decompress, threads.map(compress, pages))) == pages
