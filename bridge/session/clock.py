"""The time by which a session tells of what it saw."""

from __future__ import annotations

import time


def now() -> int:
    """Return the time, µs since the epoch."""
    return time.time_ns() // 1000
