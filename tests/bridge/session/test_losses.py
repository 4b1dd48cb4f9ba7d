"""What proves a loss, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.session.losses import SessionCount, lost_in_trap
from bridge.session.sniff import watched
from core.capture import read_capture
from core.event import identify
from core.headers import header
from tests.fix_switch import CAPTURES

pytestmark = pytest.mark.pure


def test_a_trap_of_the_module_tells_how_many() -> None:
    assert lost_in_trap("lost 1234 events") == 1234
    assert lost_in_trap("lost 3 log lines") is None
    assert lost_in_trap("") is None


def test_all_sessions_seen_is_no_gap() -> None:
    count = SessionCount(10, 0)
    for session in (12, 11):
        count.created(session)
    assert count.heartbeat(12, 20) is None
    assert count.heartbeat(12, 40) is None


def test_a_missing_session_is_told_one_heartbeat_later() -> None:
    count = SessionCount(10, 5)
    count.created(11)
    count.created(13)
    assert count.heartbeat(13, 20) is None
    gap = count.heartbeat(13, 40)
    assert gap is not None
    assert (gap.missing, gap.sessions, gap.since, gap.until) == (1, (12,), 5, 20)
    assert count.heartbeat(13, 60) is None


def test_a_session_may_be_counted_before_its_event_comes() -> None:
    count = SessionCount(10, 0)
    assert count.heartbeat(11, 20) is None
    count.created(11)
    assert count.heartbeat(11, 40) is None


def test_nothing_is_claimed_about_the_time_before_the_first_heartbeat() -> None:
    count = SessionCount()
    assert count.heartbeat(500, 20) is None
    assert count.heartbeat(500, 40) is None
    assert count.heartbeat(501, 60) is None
    gap = count.heartbeat(501, 80)
    assert gap is not None
    assert gap.missing == 1


def test_recovered_sessions_prove_nothing() -> None:
    count = SessionCount(0, 0)
    count.forget()
    assert count.heartbeat(9, 20) is None
    assert count.heartbeat(9, 40) is None


def test_a_load_of_2400_sessions_without_a_gap() -> None:
    """The heartbeats of a real core, with every session between them seen."""
    count: SessionCount | None = None
    heartbeats = 0
    for _, term, _ in read_capture(CAPTURES / "54-load/events.etf.gz"):
        match watched(term):
            case b"CHANNEL_CREATE":
                session = int(header(term, b"variable_session_id") or 0)
                count = count or SessionCount(session - 1, 0)
                count.created(session)
            case b"HEARTBEAT":
                assert count is not None
                startup = int(header(term, b"Session-Since-Startup") or 0)
                assert count.heartbeat(startup, identify(term).occurred_at) is None
                heartbeats += 1
    assert heartbeats >= 3


@given(st.sets(st.integers(1, 60)), st.lists(st.integers(1, 60), min_size=2, max_size=6))
def test_every_missing_session_is_told_once_and_none_that_was_seen(seen: set[int], beats: list[int]) -> None:
    """Whatever the rhythm of the heartbeats."""
    count = SessionCount(0, 0)
    for session in seen:
        count.created(session)
    told: list[int] = []
    for at, startup in enumerate([*sorted(beats), max(beats)]):
        if gap := count.heartbeat(startup, at):
            assert gap.missing == len(gap.sessions) or len(gap.sessions) == 20
            told += gap.sessions
    missing = sorted(set(range(1, max(beats) + 1)) - seen)
    assert len(told) == len(set(told))
    assert set(told) <= set(missing)
    if len(missing) <= 20:
        assert told == missing
