"""Times as people type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from api.errors import BadArgument
from api.words.when import instant, zone

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-23T08:51:16Z", "2026-11-23T08:51:16+00:00"),
        ("2026-11-23 08:51", "2026-11-23T07:51:00+00:00"),
        ("2026-11-23", "2026-11-22T23:00:00+00:00"),
        ("2026-07-01", "2026-06-30T22:00:00+00:00"),
        ("2026-11-23T08:51:16-05:00", "2026-11-23T13:51:16+00:00"),
        ("2h", "2026-11-23T07:30:00+00:00"),
        ("90m ago", "2026-11-23T08:00:00+00:00"),
        ("7d", "2026-11-16T09:30:00+00:00"),
        ("now", "2026-11-23T09:30:00+00:00"),
        ("today", "2026-11-22T23:00:00+00:00"),
        ("Yesterday", "2026-11-21T23:00:00+00:00"),
    ],
)
def test_what_is_typed_in_berlin(typed: str, meant: str) -> None:
    assert instant(typed, BERLIN, NOW).isoformat() == meant


def test_yesterday_begins_at_midnight_also_when_the_clocks_changed() -> None:
    morning = datetime(2026, 10, 26, 8, tzinfo=UTC)  # the day after the end of summer time
    assert instant("yesterday", BERLIN, morning).isoformat() == "2026-10-24T22:00:00+00:00"


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-01", "h", "99999999999d", "2026-11-23T25:00"])
def test_what_is_no_time_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(BadArgument, match=r"--since: .* is no time: write 2026-11-23"):
        instant(typed, UTC, NOW, "--since")


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadArgument, match="There is no time zone"):
        zone(name)


def test_zones() -> None:
    assert zone(None) is UTC
    assert zone("Europe/Berlin") == BERLIN
