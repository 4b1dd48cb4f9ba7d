"""Time zones as phones want them: the offset, and the rule by which summer time begins and ends.

The rule stands at the end of each file of the time zone data base as a POSIX text (RFC 9636, section 3.3), such as
``CET-1CEST,M3.5.0,M10.5.0/3``; what has none there, or another kind of rule, is taken to have no summer time.
"""

import re
import zoneinfo
from functools import lru_cache
from pathlib import Path

import msgspec

_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
_TIME = r"[+-]?\d+(?::\d+(?::\d+)?)?"
_RULE = rf"M(\d+)\.(\d)\.(\d)(?:/({_TIME}))?"
_POSIX = re.compile(rf"{_NAME}({_TIME})(?:{_NAME}({_TIME})?,{_RULE},{_RULE})?")


class Change(msgspec.Struct, frozen=True):
    """A day of each year: week of the month (5: the last), weekday (0: Sunday), and the hour by the clock before."""

    month: int
    week: int
    weekday: int
    hour: int


class Zone(msgspec.Struct, frozen=True):
    posix: str
    offset: int
    """seconds that the clock is ahead of UTC in winter"""
    begins: Change | None = None
    """None: there is no summer time"""
    ends: Change | None = None
    ahead: int = 3600
    """seconds that summer time adds"""


UTC = Zone("UTC0", 0)


@lru_cache(maxsize=512)
def zone(name: str) -> Zone:
    """The zone of an IANA name; UTC for one that nobody knows."""
    lines = _content(name).rsplit(b"\n", 2)
    return read(lines[1].decode("ascii", "replace")) if len(lines) == 3 else UTC


def read(posix: str) -> Zone:
    """The zone of a POSIX text."""
    found = _POSIX.fullmatch(posix)
    if found is None:
        return UTC
    offset = -_seconds(found[1])
    if found[3] is None:
        return Zone(posix, offset)
    summer = offset + 3600 if found[2] is None else -_seconds(found[2])
    begins, ends = (
        Change(int(found[n]), int(found[n + 1]), int(found[n + 2]), _seconds(found[n + 3] or "2") // 3600)
        for n in (3, 7)
    )
    return Zone(posix, offset, begins, ends, summer - offset)


def _seconds(text: str) -> int:
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return -seconds if text.startswith("-") else seconds


def _content(name: str) -> bytes:
    if name not in zoneinfo.available_timezones():  # never a path of anything else
        return b""
    for place in zoneinfo.TZPATH:
        file = Path(place, name)
        if file.is_file():
            return file.read_bytes()
    return b""
