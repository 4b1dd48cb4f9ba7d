"""Captures read as what a bridge would have stored."""

from pathlib import Path

import pytest

from api.operations.captures import incoming
from core.capture import read_capture
from core.event import identify
from core.headers import header, is_event
from core.log import Incoming

pytestmark = pytest.mark.pure
CAPTURES = Path(__file__).parents[2] / "captures"
OK = b"\x83d\x00\x02ok"
EXIT = b"\x83h\x03d\x00\x04EXITj" + b"d\x00\x0cnoconnection"


def read(name: str, switch: str | None = None) -> list[Incoming]:
    (folder,) = CAPTURES.glob(f"{name}-*")
    return [item for item, _ in incoming(read_capture(folder / "events.etf.gz"), switch)]


def own(items: list[Incoming]) -> list[tuple[str, int, int]]:
    """Harmony's own events among them: topic, since, until."""
    found = []
    for item in items:
        who = identify(item.term)
        if who.topic.startswith("CUSTOM harmony::"):
            since, until = (int(header(item.term, name) or b"0") for name in (b"Harmony-Since", b"Harmony-Until"))
            assert since < until
            assert who.occurred_at == item.received_at
            found.append((who.topic, since, until))
    return found


def test_replies_are_left_out_and_events_kept_in_order() -> None:
    items = read("01")
    records = [r for r in read_capture(CAPTURES / "01-answered-caller-hangs-up" / "events.etf.gz") if is_event(r.term)]
    assert [(i.received_at, i.term) for i in items] == [(r.received_at, r.term) for r in records]
    assert len(items) == 87


def test_the_switch_is_named_by_its_events_or_by_the_caller() -> None:
    assert {i.switch for i in read("01")} == {"freeswitch@fs-rig"}
    assert {i.switch for i in read("01", "freeswitch@pbx7")} == {"freeswitch@pbx7"}


@pytest.mark.parametrize(
    ("name", "last", "lost", "back"),
    [
        ("48", 1795424874_366477, 1795424875_846610, 1795424879_958331),
        ("49", 1795424887_246193, 1795424887_961980, 1795424891_824745),
        ("74", 1795426585_348512, 1795426588_079947, 1795426591_731666),
    ],
)
def test_a_lost_link_becomes_own_events_with_its_interval(name: str, last: int, lost: int, back: int) -> None:
    (down, since, until), (up, away, again) = own(read(name))
    assert (down, up) == ("CUSTOM harmony::link_down", "CUSTOM harmony::link_up")
    assert (until, away, again) == (lost, lost, back)
    assert since == last


def test_reading_twice_gives_the_same_identities() -> None:
    once, again = ([identify(i.term) for i in read("49")] for _ in range(2))
    assert once == again
    assert len({(i.core_uuid, i.sequence) for i in once}) == len(once)


@pytest.mark.parametrize("name", ["01", "13", "34", "50", "55", "56"])
def test_answers_to_commands_are_no_lost_link(name: str) -> None:
    lost = [topic for topic, _, _ in own(read(name))]
    assert lost == (["CUSTOM harmony::link_down"] if name == "55" else [])  # 55 really ends with EXIT


def events() -> list[bytes]:
    return [i.term for i in read("01")][:4]


def test_a_second_registration_without_an_exit_counts_after_a_silence() -> None:
    a, b, c, d = events()
    second = 1_000_000
    records = [(1, OK, 0), (2, OK, 0), (10, a, 0), (11, b, 0)]
    again = [(30 * second, OK, 0), (30 * second + 10_000, OK, 0), (30 * second + 20_000, c, 0), (30 * second + 9, d, 0)]
    items = [item for item, _ in incoming([*records, *again])]
    assert own(items) == [
        ("CUSTOM harmony::link_down", 11, 30 * second),
        ("CUSTOM harmony::link_up", 30 * second, 30 * second + 10_000),
    ]


def test_a_link_that_stays_down_is_down_once() -> None:
    a, b, *_ = events()
    items = [item for item, _ in incoming([(1, OK, 0), (5, a, 0), (6, b, 0), (9, EXIT, 0), (10, EXIT, 0)])]
    assert own(items) == [("CUSTOM harmony::link_down", 6, 9)]


def test_before_the_first_event_there_is_nothing_to_lose() -> None:
    assert list(incoming([(1, OK, 0), (2, EXIT, 0), (3, OK, 0)])) == []
