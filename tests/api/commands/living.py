"""Recorded calls that are still going on: captures cut off in the middle, folded."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from core.capture import read_capture
from core.event import identify
from core.headers import is_event
from core.log import EventLog, Incoming
from core.migrate import migrate
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import capture

SWITCH = "freeswitch@fs-rig"
TALK = "9e91f5d8-47a3-4aaf-8ae9-be5218c636a4"
"""01: 1001 talks with 1002"""
TALK_CALLEE = "3bc14ec4-c1e8-42ac-af25-03a2530930cf"
HELD = "38e9d5aa-db85-4456-97a3-4fc8e3d8b435"
"""17: 1002 holds 1001"""
HELD_CALLEE = "52a096c3-9496-464e-b1fa-bd1059dabd91"
RINGING = "74cd6d95-4803-4fbc-8f99-f95750281f9b"
"""19: 1001 rings at 1002, 1003 and 1004"""
INBOUND = "2cd441f9-04c7-454b-9c3d-a910e89bca8b"
"""38: +491701234567, from outside and in the context `public`, talks with 1002"""
INBOUND_CALLEE = "a346c2ca-ddec-4471-89e6-ef0e25b01607"
ALPHA, BETA = "c9770a49-bb38-4282-94fb-45287ada487f", "a59259fd-039a-4fd8-9f49-d39a1228b14b"
"""42: 1001 talks with 1002, in two companies"""
CONFERENCE = ("526e1530-349b-4c35-a9de-649f8f6bb7c0", "536fc75a-fea2-40de-bd9c-1f7e9ea8c6cd")
"""27: 1001 and 1002 in room 3001, with 1003"""
MERGED, ALIAS = "16c0cbde-52cd-429f-a0a3-ab9267183089", "ab5e9c2b-8b70-4f7d-8c55-b4a49e1d75d5"
"""13: 1001 talks with 1003, to whom 1002 handed it over; the consultation was a call of its own before"""
ENDED = "64678009-d778-4c6d-88c8-93d7d0ccfb64"
"""03"""

CUTS = (
    ("01", "CHANNEL_BRIDGE", 1),
    ("17", "CHANNEL_HOLD", 1),
    ("19", "CHANNEL_PROGRESS", 3),
    ("38", "CHANNEL_BRIDGE", 1),
    ("42", "CHANNEL_BRIDGE", 2),
    ("27", "CUSTOM conference::maintenance", 8),
    ("13", "CHANNEL_BRIDGE", 3),
)


def store_until(log: EventLog, switch: str, number: str, topic: str, times: int) -> None:
    """Store a capture up to the n-th event of a topic."""
    page: list[Incoming] = []
    for record in read_capture(capture(number)):
        if is_event(record.term):
            page.append(Incoming(switch, record.term, record.received_at))
            times -= identify(record.term).topic == topic
            if not times:
                break
    assert not times, f"{number} has less events of {topic}"
    log.append(page)


@contextmanager
def living(postgres: str, switch: str = SWITCH) -> Iterator[str]:
    """A database of its own with all these calls, and 03, which has ended."""
    name = f"test_living_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    dsn = make_conninfo(postgres, dbname=name)
    try:
        migrate(dsn)
        with EventLog(dsn) as log:
            for cut in CUTS:
                store_until(log, switch, *cut)
            store_until(log, switch, "03", "CHANNEL_DESTROY", 2)
        Runner(dsn, CallFold, TOPICS).run_once()
        yield dsn
    finally:
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
