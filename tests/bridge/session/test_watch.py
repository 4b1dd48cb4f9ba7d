"""What a session notices in the events that pass: on recorded ones."""

from __future__ import annotations

import pytest

from bridge.session.legs import Legs
from bridge.session.sniff import watched
from bridge.session.watch import Finding, Marked, Miscount, Overflow, Watch
from core.event import identify
from core.headers import header
from core.own_event import OwnEvents
from tests.fix_switch import CAPTURES, events_of

pytestmark = pytest.mark.pure
WATCHED = {b"CHANNEL_CREATE", b"CHANNEL_DESTROY", b"CHANNEL_UUID", b"HEARTBEAT", b"TRAP", b"API"}
SCENARIOS = sorted(path.name for path in CAPTURES.iterdir() if path.is_dir() and not path.name.startswith("54"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_sniffing_finds_what_reading_finds(scenario: str) -> None:
    """The quick look at the first bytes says the same as a search for the last Event-Name."""
    for term in events_of(scenario):
        name = header(term, b"Event-Name")
        assert watched(term) == (name if name in WATCHED else None)


def test_own_events_are_not_watched() -> None:
    assert watched(OwnEvents().make("harmony::gap", 1, Harmony_Switch="fs@a")) is None


@pytest.mark.parametrize(
    "scenario", [name for name in SCENARIOS if name[:2] not in {"48", "49", "74", "46", "52", "56"}]
)
def test_all_legs_of_a_whole_capture_end(scenario: str) -> None:
    watch = Watch(Legs(), None, 0)
    most = 0
    for term in events_of(scenario):
        if name := watched(term):
            watch.look(name, term)
        most = max(most, len(watch.legs))
    assert most > 0
    assert watch.legs.alive() == frozenset()


def made(name: str, **headers: str | int) -> bytes:
    """An event of this name, made of one of our own, whose name is the last header."""
    term = OwnEvents("c").make("harmony::gap", 7_000_000, Event_Name=name, **headers)
    assert header(term, b"Event-Name") == name.encode()
    return term


def look(watch: Watch, name: str, **headers: str | int) -> Finding | None:
    return watch.look(name.encode(), made(name, **headers))


def test_a_trap_is_an_overflow_since_the_last_heartbeat() -> None:
    watch = Watch(Legs(), 0, 5)
    assert look(watch, "TRAP", info="lost 12 events") == Overflow(12, 5, 7_000_000)
    assert look(watch, "TRAP", condition="network-outage") is None


def test_two_heartbeats_that_count_otherwise_are_a_reason_to_ask() -> None:
    watch = Watch(Legs(), 0, 0)
    beat = {"Session_Count": 3, "Session_Since_Startup": 0}
    assert look(watch, "HEARTBEAT", **beat) is None
    assert look(watch, "HEARTBEAT", **beat) == Miscount(3, 0)
    assert look(watch, "HEARTBEAT", **beat) is None


def test_a_mark_is_known_by_its_command() -> None:
    watch = Watch(Legs(), 0, 0)
    assert look(watch, "API", API_Command="echo", API_Command_Argument="harmony-1") == Marked("harmony-1")
    assert look(watch, "API", API_Command="status") is None


def test_a_leg_goes_on_under_another_id() -> None:
    watch = Watch(Legs({"a"}), 0, 0)
    look(watch, "CHANNEL_UUID", Old_Unique_ID="a", Unique_ID="b")
    assert watch.legs.alive() == {"b"}


def test_a_recovered_core_repeats_session_numbers() -> None:
    """74: the same Unique-IDs and session numbers under another core; no gap comes of it."""
    watch = Watch(Legs(), None, 0)
    cores: list[str] = []
    for term in events_of("74-sofia-recover"):
        core = identify(term).core_uuid
        if core not in cores:
            cores.append(core)
            watch = Watch(watch.legs, 0, 0)
        if name := watched(term):
            assert not isinstance(watch.look(name, term), Overflow)
    assert len(cores) == 2
    assert look(watch, "HEARTBEAT", Session_Count=len(watch.legs), Session_Since_Startup=2) is None
    assert look(watch, "HEARTBEAT", Session_Count=len(watch.legs), Session_Since_Startup=2) is None
