"""However many lines strangers cause, a bounded number is written, and nothing is left out without a word."""

from __future__ import annotations

import logging

import pytest

from core.bounded import BoundedLog

pytestmark = pytest.mark.pure


def test_so_many_a_minute_and_the_rest_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    bounded = BoundedLog(logging.getLogger("harmony.test"), lines=2, seconds=60, clock=lambda: now)
    for number in range(5):
        bounded.warning("%d was turned away", number)
    now = 61.0
    for number in range(5, 8):
        bounded.warning("%d was turned away", number)
    now = 122.0
    bounded.warning("100 %% of them")
    assert caplog.messages == [
        "0 was turned away",
        "1 was turned away",
        "5 was turned away (3 more of the kind were not written)",
        "6 was turned away",
        "100 % of them (1 more of the kind were not written)",
    ]
