"""Whole numbers and instants that somebody outside wrote: within bounds, or none at all.

`int` alone is no way to read them: it raises for 5,000 digits, takes digits of any script and underscores, and what it
makes of 30 digits no column, no date and no float holds. A value that is out of bounds is like one that is not there.
"""

from __future__ import annotations

from typing import Final

LARGEST: Final = (1 << 63) - 1
"""what PostgreSQL's bigint holds"""
SESSIONS: Final = (1 << 40) - 1
"""more sessions than a switch counts in one life"""
LATEST: Final = 253_370_764_800_000_000
"""µs since the epoch: the beginning of 9999, so that what is derived from an instant (a deadline, another time zone)
still is a date"""


def number(value: str | bytes | None, most: int = LARGEST) -> int | None:
    """Return a whole number in ASCII digits that is not above ``most``; None for anything else."""
    if not value or len(value) > 19 or not value.isascii() or not value.isdigit():
        return None
    found = int(value)
    return found if found <= most else None


def instant(value: str | bytes | None) -> int | None:
    """Return µs since the epoch, not beyond `LATEST`; None for anything else."""
    return number(value, LATEST)
