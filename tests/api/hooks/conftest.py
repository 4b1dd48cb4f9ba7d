"""Fixtures of webhooks: a receiver, events in the call log, a sender in this process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.access.principal import OPERATOR, Principal
from api.hooks import endpoints, secrets
from api.hooks.addresses import Policy
from api.hooks.endpoint import NewWebhook, Webhook
from api.hooks.planner import Planner
from api.hooks.post import Courier
from api.hooks.schedule import Schedule
from api.hooks.secrets import Secrets
from api.hooks.sender import Sender
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.query.events import call_events
from projections.runner import Runner
from tests.api.hooks.receiver import Message, Receiver, Reply
from tests.projections.filling import events_of

HERE = Policy(private=True, http=True)
"""what an installation allows whose receivers are on this machine"""


class Sending:
    """A sender in a thread of its own."""

    def __init__(self, sender: Sender, courier: Courier) -> None:
        self.sender = sender
        self._courier = courier
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self.sender.run()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.sender.stop)
            self._thread.join(30)
            assert not self._thread.is_alive()
            self._courier.close()


class Hooks:
    """Webhooks of one database, in this process."""

    def __init__(self, dsn: str, data: Path, connection: psycopg.Connection[Any]) -> None:
        self.dsn = dsn
        self.connection = connection
        self.secrets: Secrets = secrets.opened(data, connection)
        self.running: list[Sending] = []

    def make(self, url: str, who: Principal = OPERATOR, **asked: Any) -> tuple[Webhook, str]:
        return endpoints.create(self.connection, who, NewWebhook(url=url, **asked), HERE, self.secrets)

    def plan(self) -> None:
        Planner(self.dsn, page=7).run_once()

    def send(self, *waits: float, patience: float = 15, give_up: timedelta = timedelta(days=5)) -> Sending:
        courier = Courier(HERE, patience=patience)
        schedule = Schedule(waits) if waits else Schedule()
        sending = Sending(Sender(self.dsn, self.secrets, courier, schedule=schedule, give_up=give_up), courier)
        self.running.append(sending)
        return sending

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()

    def states(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT state FROM hooks.delivery ORDER BY delivery_id")]


@pytest.fixture
def hooks(dsn: str, tmp_path: Path, connection: psycopg.Connection[Any]) -> Iterator[Hooks]:
    opened = Hooks(dsn, tmp_path / "data", connection)
    yield opened
    for sending in opened.running:
        sending.stop()


Publish = Callable[..., int]


@pytest.fixture
def publish(dsn: str, connection: psycopg.Connection[Any]) -> Publish:
    """Have recorded calls happen; how many events the call log holds then."""

    def happen(*patterns: str) -> int:
        with EventLog(dsn) as log:
            for pattern in patterns:
                log.append(events_of(pattern))
        Runner(dsn, CallFold, TOPICS).run_once()
        return len(call_events(connection, 0, 100_000))

    return happen


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    """Start receivers: `receive()`, `receive(lambda message: (500, b"no"))`."""
    started: list[Receiver] = []

    def start(answer: Callable[[Message], Reply] = lambda message: (204, b"")) -> Receiver:
        started.append(Receiver(answer))
        return started[-1]

    yield start
    for receiver in started:
        receiver.close()
