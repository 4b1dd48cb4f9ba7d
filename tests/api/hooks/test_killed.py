"""kill -9 of the sender in the middle of its work: everything that was pending arrives, in order per subject.

HARMONY_TEST_DELIVERIES is how many are pending; 10000 is the long form.
"""

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from api.access.principal import OPERATOR
from api.hooks import secrets
from api.hooks.endpoint import NewWebhook
from api.hooks.endpoints import create
from tests.api.conftest import Running, Site, until
from tests.api.hooks.conftest import HERE
from tests.api.hooks.receiver import Message, Receiver

pytestmark = pytest.mark.http

PENDING = int(os.environ.get("HARMONY_TEST_DELIVERIES", "2000"))
SUBJECTS = PENDING // 10
KILLS = 3

# Events as the projection writes them, many of each call, calls mixed with each other.
PUBLISH = """
    INSERT INTO log.call_event (originator_id, originator_version, topic, state, event_id, tenant, occurred_at,
        caused_position, subject, call_id, direction)
    SELECT md5('call ' || n %% %(subjects)s)::uuid, n / %(subjects)s + 1, 'call.held',
        convert_to('{"caused_position":1,"data":{}}', 'UTF8'), 'event ' || n, 'alpha.example', now(), 1,
        'call ' || n %% %(subjects)s, 'call ' || n %% %(subjects)s, 'internal'
    FROM generate_series(0, %(count)s - 1) AS n
"""


def test_nothing_that_is_pending_goes_missing(
    site: Site, connection: psycopg.Connection[tuple[object, ...]], receive: Callable[..., Receiver]
) -> None:
    refusals = random.Random(1)

    def mostly(message: Message) -> tuple[int, bytes]:
        return (500, b"") if refusals.random() < 0.002 else (200, b"")

    receiver = receive(mostly)
    site.env |= {"HARMONY_WEBHOOK_PRIVATE": "true", "HARMONY_WEBHOOK_HTTP": "true"}
    found = secrets.opened(Path(site.data), connection)
    for path in ("/a", "/b"):
        create(connection, OPERATOR, NewWebhook(url=receiver.url + path, types=["call.*"]), HERE, found)
    connection.execute(PUBLISH, {"count": PENDING // 2, "subjects": SUBJECTS // 2})

    def start() -> Running:
        running = site.start("deliver")
        running.says("delivering webhooks")
        return running

    running = start()
    for kill in range(KILLS):
        share = PENDING * (kill + 1) // (KILLS + 1)
        receiver.wait(lambda got, share=share: len(got) >= share, 120)  # type: ignore[misc]
        running.stop(signal.SIGKILL)
        (claimed,) = connection.execute("SELECT count(*) FROM hooks.delivery WHERE claimed_by IS NOT NULL").fetchone()  # type: ignore[misc]
        assert claimed, "it was killed in the middle of its work"
        running = start()

    def all_recorded() -> bool:
        connection.execute(
            "UPDATE hooks.delivery SET next_attempt_at = now() WHERE attempts > 0 AND claimed_by IS NULL"
        )
        rows = connection.execute("SELECT state, count(*) FROM hooks.delivery GROUP BY state").fetchall()
        return rows == [("delivered", PENDING)]

    until(all_recorded, "all are delivered", 180)
    assert running.stop() == 0
    messages = list(receiver.got)
    assert len({(m.path, m.id) for m in messages}) == PENDING
    last: dict[tuple[str, str], int] = {}
    for path, event in dict.fromkeys((m.path, m.id) for m in messages):  # the first arrival of each
        number = int(event.removeprefix("event "))
        subject = (path, f"{number % (SUBJECTS // 2)}")
        assert last.get(subject, -1) < number, "of one call, an event came before an earlier one"
        last[subject] = number
