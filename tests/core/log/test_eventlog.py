"""The log stores each event once, in one order that no reader ever misses a position of, and gives back what came."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest

from core.errors import LogAway
from core.event import SwitchEvent, identify, version_of
from core.headers import header
from core.log import EventLog, Incoming
from core.log.codec import BadState
from core.log.eventlog import BadEvent
from core.own_event import CHANNEL_GONE, LINK_DOWN, OwnEvents
from core.redaction import redact
from tests.core.made import CORE, LEG, SWITCH, capture, event, incoming, numbered, short_captures

pytestmark = pytest.mark.database


def sequences(events: Sequence[SwitchEvent]) -> list[int]:
    return [one.sequence for one in events]


def test_what_is_stored_comes_back(log: EventLog) -> None:
    terms = capture("45-")[:300]
    assert log.append(incoming(terms)) == len(terms)
    found = log.read(0, 1000)
    assert [one.term for one in found] == list(terms)
    assert [one.position for one in found] == list(range(1, 301))
    for one, term in zip(found, terms, strict=True):
        who = identify(term)
        assert (one.topic, one.stream, one.occurred_at) == (who.topic, who.stream, who.occurred_at)
        assert one.version == version_of(1, who.sequence)
        assert one.switch == SWITCH
        assert one.leg == who.leg
        assert abs(one.stored_at - found[0].stored_at) < 60_000_000
        assert one.stored_at > 1_700_000_000_000_000
    assert log.head() == 300
    assert log.get(300) == found[-1]
    assert log.get(301) is None


def test_all_captures_twice_store_each_event_once(log: EventLog) -> None:
    everything = [incoming(capture(scenario)) for scenario in short_captures()]
    count = sum(map(len, everything))
    assert sum(map(log.append, everything)) == count
    assert sum(map(log.append, reversed(everything))) == 0
    assert log.head() == count, "importing again uses up no positions"


def test_a_batch_that_is_partly_known_stores_the_rest_in_order(log: EventLog) -> None:
    terms = numbered(20)
    log.append(incoming(terms[5:9]))
    assert log.append(incoming([*terms, *terms])) == 16
    assert sequences(log.read(0, 100)) == [6, 7, 8, 9, *range(1, 6), *range(10, 21)]
    assert log.append(incoming(numbered(5, 100))) == 5


def test_two_halves_by_two_processes_at_once(log: EventLog, dsn: str) -> None:
    code = """
import sys
from core.log import EventLog
from tests.core.made import capture, incoming, short_captures
dsn, part = sys.argv[1], int(sys.argv[2])
everything = [one for scenario in short_captures()[:20] for one in incoming(capture(scenario))]
third = len(everything) // 3
mine = everything[: 2 * third] if part == 0 else everything[third:]
with EventLog(dsn) as log:
    print(sum(log.append(mine[at : at + 50]) for at in range(0, len(mine), 50)))
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, dsn, str(part)], stdout=subprocess.PIPE, text=True)
        for part in range(2)
    ]
    stored = [int(process.communicate(timeout=120)[0]) for process in processes]
    everything = {redact(term) for scenario in short_captures()[:20] for term in capture(scenario)}
    assert sum(stored) == len(everything)
    found = [one.term for one in log.read(0, 100_000)]
    assert len(found) == len(everything)
    assert set(found) == everything


def test_readers_never_miss_a_position_with_several_writers(dsn: str) -> None:
    writers, each = 4, 600
    seen: list[list[int]] = [[], []]
    done = threading.Event()

    def write(number: int) -> None:
        core = f"c0ffee00-0000-4000-8000-{number:012}"
        pick = random.Random(number)
        terms = numbered(each, core=core)
        with EventLog(dsn) as log:
            at = 0
            while at < each:
                size = pick.randint(1, 12)
                log.append(incoming(terms[at : at + size]))
                at += size

    def read(number: int) -> None:
        with EventLog(dsn) as log:
            after = 0
            while True:
                ended = done.is_set()
                page = log.read(after, 100)
                seen[number] += [one.position for one in page]
                if page:
                    after = page[-1].position
                elif ended:
                    return

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for thread in (*readers, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    with EventLog(dsn) as log:
        everything = [one.position for one in log.read(0, 100_000)]
    assert len(everything) == writers * each
    assert seen == [everything, everything]


def test_reading_by_topic_and_up_to_a_position(log: EventLog) -> None:
    log.append(incoming(capture("10-")))
    everything = log.read(0, 1000)
    topics = {"CHANNEL_ANSWER", "CHANNEL_BRIDGE"}
    wanted = [one for one in everything if one.topic in topics]
    assert 0 < len(wanted) < len(everything)
    assert log.read(0, 1000, topics) == wanted
    assert log.read(wanted[1].position, 2, topics) == wanted[2:4]
    assert log.read(0, 1000, topics, upto=wanted[2].position) == wanted[:3]
    assert log.read(0, 1000, []) == []


def test_a_stream_is_one_leg_by_sequence(log: EventLog) -> None:
    terms = numbered(30)
    log.append(incoming(reversed(terms)))
    stream = log.stream(UUID("1e900000-0000-4000-8000-000000000003"))
    assert sequences(stream) == [3, 13, 23]
    assert log.stream(UUID(int=0)) == []


def test_a_core_that_starts_again_is_another_run(log: EventLog) -> None:
    again = "c0ffee00-0000-4000-8000-000000000002"
    log.append(incoming([event(1), event(2)]))
    log.append(incoming([event(1, core=again), event(2, core=again)]))
    found = log.stream(UUID(LEG))
    assert [(one.run, one.sequence) for one in found] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_runs_are_numbered_once_by_many(dsn: str) -> None:
    cores = [f"c0ffee00-0000-4000-8000-{number:012}" for number in range(12)]

    def write(number: int) -> None:
        with EventLog(dsn) as log:
            for core in random.Random(number).sample(cores, len(cores)):
                log.append(incoming([event(number + 1, core=core)]))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT run, core_uuid FROM log.switch_run ORDER BY run").fetchall()
    assert [run for run, _ in rows] == list(range(1, 13))
    assert {core for _, core in rows} == set(cores)


def test_what_is_no_event_is_parked_and_the_rest_goes_on(log: EventLog, dsn: str) -> None:
    broken = event(2)[:-20]
    for _ in range(2):
        log.append([Incoming(SWITCH, term, 5) for term in (event(1), broken, b"\x83d\x00\x02ok", event(3))])
    assert sequences(log.read(0, 10)) == [1, 3]
    with psycopg.connect(dsn) as connection:
        parked = connection.execute("SELECT content, code, reason, switch FROM log.parked_event ORDER BY 1").fetchall()
    assert len(parked) == 2
    assert {bytes(row[0]) for row in parked} == {broken, b"\x83d\x00\x02ok"}
    assert {row[1] for row in parked} == {"event.truncated", "event.foreign"}


def test_secrets_are_redacted_before_storing(log: EventLog, dsn: str) -> None:
    secret = event(1, "CUSTOM", Event_Subclass="vm::maintenance", VM_User_Password="47110815")
    log.append(incoming([secret, secret[:-1] + b"?"]))
    (stored,) = log.read(0, 10)
    assert stored.get("VM-User-Password") == "********"
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT content FROM log.parked_event").fetchone()
    assert row is not None
    assert b"47110815" not in bytes(row[0])


def test_own_events_stand_among_the_others(log: EventLog) -> None:
    own = OwnEvents()
    down = own.make(LINK_DOWN, Harmony_Switch="freeswitch@pbx7", Harmony_Core_UUID=CORE)
    gone = own.make(CHANNEL_GONE, Unique_ID=LEG, Harmony_Switch="freeswitch@pbx7")
    log.append([Incoming("harmony@here", term, 5) for term in (down, gone)])
    log.append(incoming([event(1)]))
    first, second, third = log.read(0, 10)
    assert first.topic == "CUSTOM harmony::link_down"
    assert first.switch == second.switch == "freeswitch@pbx7"
    assert header(first.term, b"Harmony-Core-UUID") == CORE.encode()
    assert second.leg == third.leg == LEG
    assert second.stream == third.stream


def test_an_append_wakes_listeners_once_a_transaction(log: EventLog, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as listener:
        listener.execute("LISTEN harmony_log")
        log.append(incoming(numbered(50)))
        log.append(incoming(numbered(50)))
        log.append(incoming(numbered(60)))
        assert len(list(listener.notifies(timeout=5, stop_after=2))) == 2
        assert list(listener.notifies(timeout=0.1)) == []


def test_a_log_whose_connection_broke_connects_again(log: EventLog, postgres: str) -> None:
    log.append(incoming(numbered(3)))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'harmony log'"
        )
    with pytest.raises(LogAway):
        log.append(incoming(numbered(6)))
    assert log.append(incoming(numbered(6))) == 3
    assert sequences(log.read(0, 10)) == [1, 2, 3, 4, 5, 6]


def test_a_large_batch_goes_in_at_once(log: EventLog) -> None:
    # More than any socket's buffer: the library's own way to insert hangs here.
    terms = [event(number, Filler=random.Random(number).randbytes(9000).hex()) for number in range(1, 1501)]
    assert log.append(incoming(terms)) == 1500
    assert log.append(incoming(terms)) == 0


def test_damaged_events_need_not_stop_a_reader(log: EventLog, dsn: str) -> None:
    log.append(incoming(numbered(5)))
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE log.switch_event SET state = set_byte(state, 0, 9) WHERE position IN (2, 5)")
    with pytest.raises(BadState):
        log.read(0, 10)
    bad: list[BadEvent] = []
    assert sequences(log.read(0, 10, on_bad=bad.append)) == [1, 3, 4]
    assert [one.position for one in bad] == [2, 5]
    assert bad[0].state[:1] == b"\x09"
    assert "newer Harmony" in str(bad[0].error)


def test_digits_are_redacted_where_policy_says_so(log: EventLog, dsn: str) -> None:
    log.append(incoming([event(1, "DTMF", DTMF_Digit="4")]))
    with EventLog(dsn, dtmf="redact") as strict:
        strict.append(incoming([event(2, "DTMF", DTMF_Digit="4")]))
    assert [one.get("DTMF-Digit") for one in log.read(0, 10)] == ["4", "*"]
