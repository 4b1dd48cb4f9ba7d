"""An account of a log is clean where nothing is missing, and names exactly what was taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import own_event as own
from core.event import SwitchEvent, identify, version_of
from tests.core.made import CORE, SWITCH, event, term
from tests.projections.verify.made import CAPTURES, SCENARIOS, account, events_of

pytestmark = pytest.mark.pure

PROVES = {
    "CHANNEL_CREATE": "missing.begin",
    "CHANNEL_ANSWER": "missing.answer",
    "CHANNEL_HANGUP_COMPLETE": "missing.hangup",
    "CHANNEL_DESTROY": "missing.end",
}
LOSSY = ("48", "49", "55", "74")
"""captures in which the listener was away for a while"""
SMALL = [one for one in CAPTURES if not one.name.startswith("54")]
WHOLE = [one for one in SMALL if not one.name.startswith((*LOSSY, "45"))]
(LOAD,) = [one for one in CAPTURES if one.name.startswith("54")]


@pytest.mark.parametrize("folder", [*SMALL, *SCENARIOS], ids=lambda folder: folder.name)
def test_nothing_is_missing_where_nothing_is(folder: Path) -> None:
    found = account(events_of(folder))
    assert not found.missing
    assert bool(found.losses) == folder.name.startswith(LOSSY)


@pytest.mark.parametrize("folder", WHOLE, ids=lambda folder: folder.name)
def test_an_event_that_was_taken_out_is_named(folder: Path) -> None:
    events = events_of(folder)
    for number, one in enumerate(events):
        if one.topic in PROVES:
            found = account([*events[:number], *events[number + 1 :]])
            assert [(missing.code, missing.leg) for missing in found.missing] == [(PROVES[one.topic], one.leg)]


@pytest.mark.parametrize("folder", WHOLE[::3], ids=lambda folder: folder.name)
def test_a_hole_in_the_numbers_alone_proves_nothing(folder: Path) -> None:
    kept = {"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY", "HEARTBEAT"}
    assert not account(one for one in events_of(folder) if one.topic in kept).missing


def test_in_a_load_what_was_taken_out_is_named_and_nothing_else() -> None:
    events = events_of(LOAD)
    legs = [one for one in events if one.topic == "CHANNEL_CREATE"]
    whole = {legs[100].leg, legs[101].leg}
    gone = {one.position: one for name in PROVES for one in [e for e in events if e.topic == name][300:900:150]}
    left = [one for one in events if one.position not in gone and one.leg not in whole]
    found = account(left)
    named = {(one.code, one.leg) for one in found.missing if one.code in PROVES.values()}
    assert named == {(PROVES[one.topic], one.leg) for one in gone.values()}
    rest = [one for one in found.missing if one.code not in PROVES.values()]
    assert {one.code for one in rest} <= {"missing.sessions", "missing.leg"}
    assert sum(one.count for one in rest if one.code == "missing.sessions") == len(whole)
    created = {one.leg: one.occurred_at for one in legs}
    for one in rest:
        assert one.since <= max(created[leg] for leg in whole if leg)
        assert min(created.values()) <= one.until


def test_a_stretch_without_any_event_is_a_silence() -> None:
    """Two calls of one core, minutes apart, and nothing of the calls between them."""
    before, after = (events_of(next(one for one in SMALL if one.name.startswith(name))) for name in ("04-", "15-"))
    assert {one.get("Core-UUID") for one in (before[0], after[0])} == {before[0].get("Core-UUID")}
    for events in ([*before, *after], [*after, *before]):
        found = account(events)
        (silence,) = found.missing
        assert silence.code == "missing.silence"
        assert (silence.since, silence.until) == (
            max(one.occurred_at for one in before),
            min(one.occurred_at for one in after),
        )
        assert found.explained == {"in a silence": 25}, "sessions 15 to 39"


# What no capture has


def at(position: int, message: bytes, run: int = 1, switch: str = SWITCH) -> SwitchEvent:
    who = identify(message)
    version = version_of(run, who.sequence)
    return SwitchEvent(position, who.stream, version, who.topic, who.occurred_at, 0, switch, message)


START = 1_795_000_000_000_000
SECOND = 1_000_000


def beat(position: int, second: int, count: int, since: int) -> SwitchEvent:
    told = event(
        position,
        "HEARTBEAT",
        leg=None,
        occurred_at=START + second * SECOND,
        Session_Count=str(count),
        Session_Since_Startup=str(since),
    )
    return at(position, told)


def leg_event(position: int, second: int, name: str, leg: str, created: int = 0, session: int = 0) -> SwitchEvent:
    pairs = {
        "Event-Name": name,
        "Core-UUID": CORE,
        "Event-Date-Timestamp": START + second * SECOND,
        "Event-Sequence": position,
        "Unique-ID": leg,
        "Caller-Channel-Created-Time": START + created * SECOND,
    } | ({"variable_session_id": session} if session else {})
    return at(position, term([(key.encode(), str(value).encode()) for key, value in pairs.items()], leg.encode()))


def test_sessions_that_nobody_saw_are_counted_by_the_heartbeats() -> None:
    beats = [beat(1, 0, 0, 10), beat(2, 20, 0, 13), beat(3, 40, 0, 13), beat(4, 60, 0, 13)]
    (missing,) = account(beats).missing
    assert (missing.code, missing.count) == ("missing.sessions", 3)
    assert "sessions 11 to 13" in missing.what
    assert missing.since == START
    assert missing.until <= START + 40 * SECOND


def test_a_leg_that_the_switch_does_not_count_any_more_has_ended() -> None:
    begin = leg_event(2, 1, "CHANNEL_CREATE", "leg-1", 1, session=11)
    beats = [beat(1, 0, 0, 10), begin, beat(3, 20, 1, 11), beat(4, 40, 0, 11)]
    (missing,) = account(beats).missing
    assert (missing.code, missing.leg) == ("missing.end", "leg-1")
    assert (missing.since, missing.until) == (START + SECOND, START + 40 * SECOND)
    assert account(beats[:3]).living == 1


def test_a_leg_from_before_the_log_is_explained() -> None:
    events = [
        beat(1, 100, 1, 10),
        leg_event(2, 101, "CHANNEL_HOLD", "old", created=5),
        leg_event(3, 102, "CHANNEL_HANGUP_COMPLETE", "old", created=5),
        leg_event(4, 102, "CHANNEL_DESTROY", "old", created=5),
    ]
    found = account(events)
    assert not found.missing
    assert found.explained == {"before the log first heard this core": 1}


@pytest.mark.parametrize(("name", "kind"), [(own.GAP, "gap"), (own.OVERFLOW, "overflow"), (own.LINK_UP, "link")])
def test_what_falls_into_a_loss_that_is_told_is_explained(name: str, kind: str) -> None:
    around = {"Harmony_Since": START + 4 * SECOND, "Harmony_Until": START + 9 * SECOND, "Harmony_Missing": 7}
    told = own.own_event(name, "own-core", 1, START + 12 * SECOND, Harmony_Switch=SWITCH, **around)
    events = [
        beat(1, 0, 0, 10),
        leg_event(2, 10, "CHANNEL_ANSWER", "lost", created=5),
        at(3, told, run=9),
        leg_event(4, 15, "CHANNEL_HANGUP_COMPLETE", "lost", created=5),
        leg_event(5, 15, "CHANNEL_DESTROY", "lost", created=5),
    ]
    found = account(events)
    assert not found.missing
    (loss,) = found.losses
    assert (loss.kind, loss.explains, loss.missing) == (kind, 1, None if kind == "link" else 7)
    assert [one.code for one in account([*events[:2], *events[3:]]).missing] == ["missing.begin"]


def test_an_end_that_the_switch_was_asked_for_is_missing() -> None:
    gone = own.own_event(own.CHANNEL_GONE, "own-core", 2, START + 30 * SECOND, Harmony_Switch=SWITCH, Unique_ID="leg-1")
    events = [beat(1, 0, 0, 0), leg_event(2, 1, "CHANNEL_CREATE", "leg-1", 1), at(3, gone, run=9), beat(4, 31, 0, 1)]
    assert [(one.code, one.leg) for one in account(events).missing] == [("missing.end", "leg-1")]


def test_two_cores_are_two_accounts() -> None:
    other = event(1, "HEARTBEAT", leg=None, core=CORE[:-1] + "2", occurred_at=START + 500 * SECOND,
                  Session_Count="0", Session_Since_Startup="0")  # fmt: skip
    events = [
        beat(1, 0, 0, 10),
        leg_event(2, 1, "CHANNEL_CREATE", "leg-1", 1, session=11),
        at(3, other, 2),
    ]
    found = account(events)
    assert not found.missing, "its core died with it"
    assert found.living == 0
