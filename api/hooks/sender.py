"""The sender: claims what is due, posts it, records what became of it. At least once, in order per subject.

One loop for the requests, one thread for the database. Every endpoint has a few runs at a time, one while it fails, so
that a slow one keeps nobody else waiting. What a killed sender had in hand is found by the others, or by itself when it
starts again.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import psycopg

from api.hooks.endpoints import CHANNEL, disable
from api.hooks.messages import Messages
from api.hooks.post import Answer, Courier
from api.hooks.queue import LEASE, Delivery, Figures, Queue, Result, Run
from api.hooks.schedule import Schedule
from api.hooks.secrets import Secrets, headers
from core.errors import HarmonyError
from core.following import Follower, Session
from core.following.tasks import follow_sessions
from core.log.driver import connect
from core.log.hearing import Connection, connected, heard

log = logging.getLogger("harmony.deliver")
P = ParamSpec("P")
T = TypeVar("T")

RUNS = 4
"""runs of one endpoint at a time"""
ROOM = 400
"""runs at a time in all"""
POLL = 0.5
"""seconds after which the table is looked at without a notification"""
SWEEP = 2.0
"""seconds between looks for what dead senders had in hand"""
GRACE = 3.0
"""seconds that requests get to come to their end when the sender stops"""
AGAIN = 1.0
BATCH = 200
"""results in one transaction"""
NOT_KEPT = Answer(None, 0, error="The log does not have this event any more.")


class Sender:
    """Sends until it is stopped; a database that goes away is waited for."""

    def __init__(
        self,
        dsn: str,
        secrets: Secrets,
        courier: Courier,
        *,
        schedule: Schedule = Schedule(),
        give_up: timedelta = timedelta(days=5),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._dsn = dsn
        self._secrets = secrets
        self._courier = courier
        self._schedule = schedule
        self._give_up = give_up
        self._chance = chance
        self._stopping = asyncio.Event()
        self.delivered = self.failed = 0
        self.figures = Figures(0, 0.0, 0, 0, 0, 0, 0)
        """as they were at the last look"""

    def stop(self) -> None:
        """End soon; to be called in the loop."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until stopped."""
        await follow_sessions("webhook sender", self._shift, stopping=self._stopping, first=AGAIN)

    async def _shift(self, well: Callable[[], None]) -> None:
        try:
            await _Shift(self, self._stopping, well).work()
        except ExceptionGroup as group:
            raise _first(group) from group

    def verdict(self, delivery: Delivery, at: datetime, answer: Answer) -> Result:
        """What an answer means for its delivery."""
        if answer.delivered:
            self.delivered += 1
            return Result(delivery, at, answer)
        self.failed += 1
        if answer is NOT_KEPT:
            return Result(delivery, at, answer)
        return Result(delivery, at, answer, self._schedule.wait(delivery.attempts + 1, self._chance, answer.wait))

    async def carry(self, run: Run, bodies: list[bytes | None], done: Callable[[Result], None]) -> None:
        """Post the deliveries of a run, one after the other; behind one that failed the others wait."""
        expires = time.monotonic() + LEASE.total_seconds() - 2 * self._courier.patience
        keys = [self._secrets.secret(run.target.endpoint_id, generation) for generation in run.target.generations]
        async with self._courier.trip() as trip:
            for delivery, body in zip(run.deliveries, bodies, strict=True):
                if self._stopping.is_set() or time.monotonic() > expires:
                    return
                at = datetime.now(UTC)
                if body is None:
                    answer = NOT_KEPT
                else:
                    signed = headers(keys, delivery.event_id, int(at.timestamp()), body)
                    answer = await trip.post(run.target.url, body, signed)
                done(self.verdict(delivery, at, answer))
                if not answer.delivered:
                    return

    def weigh(self, connection: psycopg.Connection[Any], queue: Queue, results: Sequence[Result]) -> None:
        """Disable the endpoints that want nothing any more, and those that have failed for days."""
        for endpoint in dict.fromkeys(r.delivery.endpoint for r in results if r.answer.gone):
            self._disable(connection, endpoint, "It answered 410 Gone.")
        for endpoint in dict.fromkeys(r.delivery.endpoint for r in results if not r.answer.delivered):
            if queue.failing_for(endpoint) >= self._give_up:
                self._disable(connection, endpoint, f"It has failed for {self._give_up.days} days without a success.")

    def _disable(self, connection: psycopg.Connection[Any], endpoint: UUID, reason: str) -> None:
        if disable(connection, endpoint, reason):
            log.warning("The webhook %s is disabled: %s", endpoint, reason)


class _Shift:
    """What lives as long as one connection to the database."""

    def __init__(self, sender: Sender, stopping: asyncio.Event, well: Callable[[], None]) -> None:
        self._sender = sender
        self._stopping = stopping
        self._well = well
        self._busy: Counter[UUID] = Counter()
        self._wake = asyncio.Event()
        self._results: asyncio.Queue[Result | UUID | None] = asyncio.Queue()
        """what became of an attempt; an endpoint of which a run is over; None: that was all"""
        self._database = ThreadPoolExecutor(1, "webhooks")

    async def work(self) -> None:
        loop = asyncio.get_running_loop()
        hints = Hints(self._sender._dsn, loop, self._wake.set)
        try:
            self._connection = await self._ask(connect, self._sender._dsn, "harmony-webhooks-send")
            self._queue = await self._ask(Queue, self._connection)
            self._messages = await self._ask(Messages, self._connection)
            hints.start()
            async with asyncio.TaskGroup() as group:
                recording = group.create_task(self._record())
                sweeping = group.create_task(self._sweep())
                await self._claim()
                sweeping.cancel()
                self._results.put_nowait(None)
                await recording
            await self._ask(self._queue.let_go)
        finally:
            hints.finish()
            if hasattr(self, "_connection"):
                await self._ask(self._connection.close)
            self._database.shutdown()

    async def _ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run in the one thread that uses the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._database, lambda: function(*args, **kwargs))

    async def _claim(self) -> None:
        """Claim and start runs until the sender stops; then give those that are on their way some time."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                room = ROOM - self._busy.total()
                for run, bodies in await self._ask(self._due, dict(self._busy), room) if room > 0 else []:
                    self._busy[run.target.endpoint_id] += 1
                    task = asyncio.create_task(self._carry(run, bodies))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                self._well()
                await self._woken()
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _due(self, busy: dict[UUID, int], room: int) -> list[tuple[Run, list[bytes | None]]]:
        runs = self._queue.claim(busy, RUNS, room)
        return [(run, [self._body(delivery) for delivery in run.deliveries]) for run in runs]

    def _body(self, delivery: Delivery) -> bytes | None:
        """The message; None also for one that cannot be written, which keeps nobody else's waiting."""
        try:
            return self._messages.body(delivery)
        except (HarmonyError, psycopg.Error):
            raise
        except Exception:
            log.exception(
                "The message %s to %s cannot be written: it is given up", delivery.event_id, delivery.endpoint
            )
            return None

    async def _carry(self, run: Run, bodies: list[bytes | None]) -> None:
        try:
            await self._sender.carry(run, bodies, self._results.put_nowait)
        except Exception:
            log.exception("Sending to %s failed; it is due again later", run.target.endpoint_id)
        finally:
            self._results.put_nowait(run.target.endpoint_id)

    async def _woken(self) -> None:
        """Wait for a hint, a run that is over, the end, or the time for a look."""
        waits = [asyncio.create_task(event.wait()) for event in (self._wake, self._stopping)]
        await asyncio.wait(waits, timeout=POLL, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _record(self) -> None:
        """Store results, as many together as there are."""
        last = False
        while not last:
            said = [await self._results.get()]
            while not self._results.empty() and len(said) < BATCH:
                said.append(self._results.get_nowait())
            last = None in said
            if results := [one for one in said if isinstance(one, Result)]:
                await self._ask(self._store, results)
                self._soon([one.wait for one in results if one.wait is not None])
            if over := [one for one in said if isinstance(one, UUID)]:
                self._busy -= Counter(over)
                self._wake.set()

    def _soon(self, waits: list[float]) -> None:
        """Look when the next is due, where that is sooner than the next look."""
        if waits and min(waits) < POLL:
            asyncio.get_running_loop().call_later(min(waits) + 0.01, self._wake.set)

    def _store(self, results: list[Result]) -> None:
        self._queue.record(results)
        self._sender.weigh(self._connection, self._queue, results)

    async def _sweep(self) -> None:
        while True:
            if found := await self._ask(self._queue.sweep):
                log.warning("%d deliveries were in the hand of a sender that is gone: they are due again", found)
                self._wake.set()
            self._sender.figures = await self._ask(self._queue.figures)
            await asyncio.sleep(SWEEP)


class Hints(Follower):
    """Hears of new deliveries sooner than by looking. A hint only: when this fails, nothing is lost."""

    def __init__(self, dsn: str, loop: asyncio.AbstractEventLoop, hint: Callable[[], None]) -> None:
        super().__init__("webhook hints")
        self._dsn, self._loop, self._hint = dsn, loop, hint

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        with connected(self._dsn, "harmony-webhooks-hints", CHANNEL) as connection:
            yield Session(lambda: self._step(connection), lambda: None)

    def _step(self, connection: Connection) -> bool:
        if heard(connection) and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hint)
        return True


def _first(group: ExceptionGroup[Exception]) -> Exception:
    found: Exception = group
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
