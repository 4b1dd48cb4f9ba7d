"""Walking the log finds what is wrong with a row, each thing by its name, and nothing in a sound log."""

from __future__ import annotations

import psycopg
import pytest

from core.log import EventLog
from core.log.codec import Encoder
from core.log.verify import Finding, verify
from tests.core.made import capture, event, incoming

pytestmark = pytest.mark.database


def findings(dsn: str) -> dict[int, str]:
    return {one.position: one.code for one in verify(dsn) if isinstance(one, Finding)}


def test_a_sound_log(log: EventLog, dsn: str) -> None:
    log.append(incoming(capture("13-")))
    walked = list(verify(dsn))
    assert walked[-1] == log.head()
    assert not [one for one in walked if isinstance(one, Finding)]
    assert list(verify(dsn, after=log.head())) == [log.head()]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("state = set_byte(state, 60, get_byte(state, 60) # 255)", "log.bad-state"),
        ("state = set_byte(state, 0, 9)", "log.bad-state"),
        ("topic = 'CHANNEL_PARK'", "verify.topic"),
        ("originator_version = originator_version + 1000", "verify.sequence"),
        ("originator_version = originator_version + (5::bigint << 40)", "verify.run"),
        ("originator_id = gen_random_uuid()", "verify.stream"),
        ("occurred_at = occurred_at + interval '1 second'", "verify.time"),
    ],
)
def test_what_is_wrong_is_named(log: EventLog, dsn: str, damage: str, code: str) -> None:
    log.append(incoming([event(number) for number in range(1, 6)]))
    with psycopg.connect(dsn) as connection:
        connection.execute(f"UPDATE log.switch_event SET {damage} WHERE position = 3".encode())
    assert findings(dsn) == {3: code}


def test_a_state_that_is_no_event(log: EventLog, dsn: str) -> None:
    log.append(incoming([event(number) for number in range(1, 4)]))
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "UPDATE log.switch_event SET state = %s WHERE position = 2", (Encoder().encode(b"\x83d\x00\x02ok"),)
        )
    assert findings(dsn) == {2: "event.foreign"}


def test_a_run_of_another_core(log: EventLog, dsn: str) -> None:
    log.append(incoming([event(1)]))
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE log.switch_run SET core_uuid = 'other'")
    assert findings(dsn) == {1: "verify.core"}
