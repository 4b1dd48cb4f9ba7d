"""Summer time as phones are told it, against the data base itself."""

from datetime import UTC as UTC_NOW
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from api.provision.zone import UTC, Change, Zone, read, zone

pytestmark = pytest.mark.pure


def test_berlin() -> None:
    assert zone("Europe/Berlin") == Zone(
        "CET-1CEST,M3.5.0,M10.5.0/3", 3600, Change(3, 5, 0, 2), Change(10, 5, 0, 3), 3600
    )


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "Nowhere/City", "\0"])
def test_what_is_no_zone_is_utc(name: str) -> None:
    assert zone(name) == UTC


@pytest.mark.parametrize("posix", ["", "x", "CET-1CEST,J60,J300", "CET-1CEST"])
def test_what_cannot_be_read_is_utc(posix: str) -> None:
    assert read(posix) == UTC


def first_of(change: Change, year: int) -> datetime:
    """The moment of a change by the clock before it."""
    day = datetime(year, change.month, 1, tzinfo=UTC_NOW)
    day += timedelta(days=(change.weekday - day.isoweekday()) % 7 + 7 * (change.week - 1))
    while day.month != change.month:
        day -= timedelta(days=7)
    return day + timedelta(hours=change.hour)


@pytest.mark.parametrize("name", sorted(set(available_timezones()) & {
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Santiago", "Australia/Sydney", "Asia/Kolkata",
    "Asia/Kathmandu", "Pacific/Auckland", "America/St_Johns", "America/Sao_Paulo", "Africa/Cairo", "Etc/UTC",
}))  # fmt: skip
def test_the_clock_of_2035(name: str) -> None:
    found, there = zone(name), ZoneInfo(name)
    if found.begins is None or found.ends is None:
        offsets = {datetime(2035, month, 1, tzinfo=there).utcoffset() for month in range(1, 13)}
        assert offsets == {timedelta(seconds=found.offset)}
        return
    begins = first_of(found.begins, 2035) - timedelta(seconds=found.offset)
    before, after = ((begins + timedelta(minutes=m)).astimezone(there).utcoffset() for m in (-61, 61))
    assert (before, after) == (timedelta(seconds=found.offset), timedelta(seconds=found.offset + found.ahead))
    ends = first_of(found.ends, 2035) - timedelta(seconds=found.offset + found.ahead)
    before, after = ((ends + timedelta(minutes=m)).astimezone(there).utcoffset() for m in (-61, 61))
    assert (before, after) == (timedelta(seconds=found.offset + found.ahead), timedelta(seconds=found.offset))
