"""Poison: events that nothing can be made of are left out, each alone and with its reason, and all others are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.event import SwitchEvent
from core.log.codec import encoder
from core.log.driver import connect
from core.log.eventlog import EventLog
from core.terms import walk
from projections.callflow import TOPICS, CallFold
from projections.callflow.fact import Reading
from projections.callflow.pacing import Pace
from projections.digest import digest
from projections.errors import CannotRestore
from projections.fold import FoldKind
from projections.log_page import LogPage
from projections.place import Place
from projections.projection import Projection
from projections.published import notices
from projections.rebuild import rebuild
from projections.runner import Runner
from tests.core.made import string
from tests.projections.filling import READ_MODELS, events_of, import_captures, made_event, start_again, tables

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
LONG = "9" * 23
"""as µs since the epoch beyond any calendar; as a number beyond any column"""
DIGITS = "7" * 5000


def parked(connection: Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT position FROM log.parked_event ORDER BY position").fetchall()]


def position(connection: Connection) -> int:
    row = connection.execute("SELECT position FROM log.projection WHERE name = 'calls'").fetchone()
    assert row is not None
    return int(row[0])


def spoilt(term: bytes, header: int, value: bytes, sound: bool) -> bytes:
    """The term with another value in one of its headers; not `sound`: with bytes there that are no value at all."""
    places = [value for _, value in walk(term)]
    where = places[header % len(places)]
    # A string begins three bytes before its text: the tag and its length.
    start = term.rfind(b"k" if where.tag == 107 else b"j" if where.tag == 106 else b"m", 0, max(where.start, 1))
    return term[:start] + (string(value) if sound else value) + term[where.after :]


@pytest.mark.parametrize(
    "headers",
    [
        {"Caller_Channel_Created_Time": LONG},
        {"Caller_Channel_Created_Time": DIGITS},
        {"Caller_Channel_Answered_Time": "٣٣٣"},
        {"Caller_Channel_Created_Time": "9" * 19},
        {"variable_transfer_history": f"{LONG}:x:bl_xfer:1003/alpha/XML"},
    ],
    ids=lambda headers: f"{next(iter(headers))} {next(iter(headers.values()))[:6]}",
)
@pytest.mark.parametrize("topic", ["CHANNEL_CREATE", "CHANNEL_HANGUP_COMPLETE"])
def test_numbers_beyond_all_bounds_are_as_if_they_were_not_there(
    dsn: str, connection: Connection, topic: str, headers: dict[str, str]
) -> None:
    with EventLog(dsn) as log:
        log.append([made_event("CHANNEL_CREATE", 1, "leg-1", Call_Direction="inbound")])
        log.append([made_event(topic, 2, "leg-1", **headers)])
        import_captures(log, "01-*")
        head = log.head()
    Runner(dsn, CallFold, TOPICS).run_once()
    assert (position(connection), parked(connection)) == (head, [])
    count = connection.execute("SELECT count(*) FROM calls.call").fetchone()
    assert count == (2,)


ERRORS: list[Exception] = [
    OSError(75, "Value too large"),
    OverflowError("too large"),
    RecursionError("too deep"),
    KeyError("leg"),
    ValueError("\0 and \udcff of the event's own"),
    psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
]


@pytest.mark.parametrize(
    ("where", "error"),
    [("read", ERRORS[0]), ("apply", ERRORS[1]), *(("take_changes", error) for error in ERRORS)],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_whatever_an_event_makes_the_fold_raise_parks_that_event(
    new_dsn: Callable[[], str], where: str, error: Exception
) -> None:
    class Poisoned(CallFold):
        """Fails on one event, sooner or later."""

        seen = False

        def read(self, event: SwitchEvent) -> Reading:
            if where == "read" and event.topic == "CHANNEL_ANSWER":
                raise error
            return super().read(event)

        def apply(self, reading: Reading) -> None:
            self.seen |= reading.event.topic == "CHANNEL_ANSWER"
            if where == "apply" and self.seen:
                raise error
            super().apply(reading)

        def take_changes(self, pace: Pace = "due") -> Any:
            if where == "take_changes" and self.seen:
                raise error
            return super().take_changes(pace)

    clean, harmed = new_dsn(), new_dsn()
    events = events_of("01-*")
    for dsn, kind in ((clean, CallFold), (harmed, Poisoned)):
        with EventLog(dsn) as log:
            log.append(events)
            topics = sorted(TOPICS - {"CHANNEL_ANSWER"} if dsn == clean else TOPICS)
            Runner(dsn, kind, topics).run_once()
    with psycopg.connect(harmed) as connection:
        found = connection.execute(
            "SELECT p.position, topic FROM log.parked_event p JOIN log.switch_event USING (position)"
        ).fetchall()
        assert len(found) == 2
        assert {topic for _, topic in found} == {"CHANNEL_ANSWER"}
    assert tables(harmed, READ_MODELS) == tables(clean, READ_MODELS)


class Exhausted(CallFold):
    """A fold on a machine that has no memory left."""

    def read(self, event: SwitchEvent) -> Reading:
        raise MemoryError


class Unrestorable(CallFold):
    """A fold that cannot take up what an older one has stored."""

    def restore(self, *state: bytes) -> None:
        raise KeyError("facts")


def test_trouble_of_the_machine_parks_nothing(dsn: str, connection: Connection) -> None:
    with EventLog(dsn) as log:
        log.append(events_of("01-*"))
        page = LogPage(log.read(0, 1000, TOPICS), [], log.head())
    with connect(dsn) as own:
        with pytest.raises(MemoryError):
            digest(own, Projection(FoldKind(Exhausted, TOPICS)), page, Place(0, 1))
        connection.execute("ALTER TABLE calls.leg RENAME TO leg_that_was")
        with pytest.raises(psycopg.errors.UndefinedTable):
            digest(own, Projection(FoldKind(CallFold, TOPICS)), page, Place(0, 1))
        connection.execute("ALTER TABLE calls.leg_that_was RENAME TO leg")
        own.close()
        with pytest.raises(psycopg.OperationalError):
            digest(own, Projection(FoldKind(CallFold, TOPICS)), page, Place(0, 1))
    assert (position(connection), parked(connection)) == (0, [])


def test_a_stored_call_that_cannot_be_taken_up_is_no_event_s_fault(dsn: str, connection: Connection) -> None:
    events = events_of("01-*")
    with EventLog(dsn) as log:
        log.append(events[:40])
        reached = Runner(dsn, CallFold, TOPICS).run_once().position
        log.append(events[40:])
        with pytest.raises(CannotRestore, match="harmony rebuild calls"):
            Runner(dsn, Unrestorable, TOPICS).run_once()
        assert (position(connection), parked(connection)) == (reached, [])
        assert Runner(dsn, CallFold, TOPICS).run_once().position == log.head()


garbage = (
    st.binary(max_size=60)
    | st.text(max_size=20).map(str.encode)
    | st.sampled_from(
        [LONG, DIGITS, "٣٣٣", "-1", "0", "null\0", "ARRAY::|:|:", "lost 9999999999999999999999 events"]
    ).map(str.encode)
)
harm = st.tuples(st.integers(0), st.integers(0), garbage, st.booleans())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(harms=st.lists(harm, min_size=1, max_size=6))
def test_garbage_in_any_header_of_stored_events_stops_nothing(
    dsn: str, connection: Connection, harms: list[tuple[int, int, bytes, bool]]
) -> None:
    """Put into the database as it is: what the door of the log would have refused may be there from other days."""
    with EventLog(dsn) as log:
        if not log.head():
            import_captures(log, "13-*", "46-*")
        wanted = [one for one in log.read(0, 10_000) if one.topic in TOPICS | notices.TOPICS]
        head = log.head()
    start_again(connection)
    harmed = set()
    for event, header, value, sound in harms:
        one = wanted[event % len(wanted)]
        harmed.add(one.position)
        state = encoder().encode(spoilt(one.term, header, value, sound))
        connection.execute("UPDATE log.switch_event SET state = %s WHERE position = %s", [state, one.position])
    try:
        Runner(dsn, CallFold, TOPICS).run_once()
        assert position(connection) == head
        live = parked(connection)
        assert set(live) <= harmed
        # A rebuild leaves out the same; it tells no notices.
        rebuild(dsn, CallFold, TOPICS)
        assert set(parked(connection)) <= set(live)
        for (place,) in connection.execute("SELECT position FROM log.parked_event WHERE reason = ''").fetchall():
            pytest.fail(f"no reason is told for {place}")
    finally:
        for one in wanted:
            if one.position in harmed:
                state = encoder().encode(one.term)
                connection.execute("UPDATE log.switch_event SET state = %s WHERE position = %s", [state, one.position])


def test_a_malformed_event_of_the_log_does_not_stop_a_rebuild(dsn: str, connection: Connection) -> None:
    with EventLog(dsn) as log:
        import_captures(log, "01-*")
        bad = next(one for one in log.read(0, 1000) if one.topic == "CHANNEL_ANSWER")
    Runner(dsn, CallFold, TOPICS).run_once()
    at = bad.term.rfind(b"Unique-ID") + len("Unique-ID")
    state = encoder().encode(bad.term[:at] + b"\xff" + bad.term[at + 1 :])
    connection.execute("UPDATE log.switch_event SET state = %s WHERE position = %s", [state, bad.position])
    outcome = rebuild(dsn, CallFold, TOPICS)
    assert (outcome.swapped, parked(connection)) == (True, [bad.position])
    start_again(connection)
    Runner(dsn, CallFold, TOPICS).run_once()
    assert parked(connection) == [bad.position]
