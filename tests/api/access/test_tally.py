"""When what is counted of access is due: an attack of any length writes few rows, and all is counted."""

import itertools

import pytest

from api.access.tally import EACH, LONGEST, STRANGERS, Tally, Thing, family, network

pytestmark = pytest.mark.pure


def stranger(number: int) -> Thing:
    return Thing("access.refused", "", None, "/v1/calls", 401, network=f"10.{number >> 8 & 255}.{number & 255}.0/24")


def bearer(name: str, number: int) -> Thing:
    return Thing("access.refused", name, "alpha.example", f"/route/{number}", 403)


def rows(tally: Tally, things: list[Thing], until: int, step: int = 10) -> list[tuple[int, Thing, int]]:
    """When each row is written while everything is refused again every few seconds."""
    written = []
    for now in range(0, until, step):
        for thing in things:
            tally.note(thing, "", 1, now)
        written += [(now, row.thing, row.times) for row in tally.take(now)]
    return written


def test_the_pause_of_a_stranger_doubles_up_to_an_hour() -> None:
    written = rows(Tally(), [stranger(1)], 6 * 3600)
    times = [when for when, _, _ in written]
    assert times[:7] == [0, 60, 180, 420, 900, 1860, 3780]
    assert {later - earlier for earlier, later in itertools.pairwise(times[6:])} == {LONGEST}
    assert sum(count for _, _, count in written) == times[-1] // 10 + 1


def test_new_networks_for_a_day_write_no_more() -> None:
    tally, noted, written = Tally(), 0, []
    for now in range(0, 24 * 3600, 20):
        for number in range(3):
            tally.note(stranger(now + number), "", 1, now)
            noted += 1
        written += tally.take(now)
    assert len(written) <= 24 * (2 * STRANGERS + 1) + 10
    assert sum(row.times for row in [*written, *tally.take(24 * 3600, everything=True)]) == noted


def test_after_a_quiet_hour_a_stranger_is_told_at_once_again() -> None:
    tally = Tally()
    rows(tally, [stranger(1)], 1800)
    tally.take(1800, everything=True)
    for now in range(1800, 3 * 3600, 10):
        tally.take(now)
    assert tally.things == []
    assert [when for when, _, _ in rows(tally, [stranger(1)], 100)] == [0, 60]


def test_a_bearer_is_told_every_minute_and_crowds_out_nobody() -> None:
    tally = Tally()
    written = rows(tally, [bearer("loud", number) for number in range(60)] + [bearer("quiet", 1), stranger(1)], 600)
    loud = [row for row in written if row[1].by == "loud"]
    assert len(loud) == 10 * (EACH + 1)
    assert [when for when, thing, _ in written if thing == bearer("quiet", 1)] == list(range(0, 600, 60))
    assert (0, stranger(1), 1) in written


def test_what_was_not_written_is_counted_again() -> None:
    tally = Tally()
    tally.note(stranger(1), "10.0.1.7", 3, 0)
    due = tally.take(0)
    tally.note(stranger(1), "10.0.1.8", 1, 1)
    tally.failed(due, 1)
    assert tally.take(2) == []
    (row,) = tally.take(6)
    assert (row.times, row.addresses) == (4, ["10.0.1.7", "10.0.1.8"])
    assert tally.take(65, everything=True) == []
    tally.note(stranger(1), "", 1, 66)
    assert len(tally.take(66)) == 1, "the pause is that after a first row"


def test_networks_and_families() -> None:
    assert network("203.0.113.9") == network("::ffff:203.0.113.77") == "203.0.113.0/24"
    assert network("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network("nonsense") == network("") == ""
    assert family("/v1/calls/{call_id:any}/hang-up") == family("/v1/calls") == "/v1/calls"
    assert family("/provision/{secret}/{file}") == "/provision"
    assert family("") == ""
