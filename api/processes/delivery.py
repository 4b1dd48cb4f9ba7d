"""`harmony deliver`: planner and sender of webhooks, and the sender of traces where the settings name a collector, in
one process, until told to stop. Several may run at once."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec

from api.exports.collector import TraceSender
from api.health.services import Reporter
from api.hooks import secrets
from api.hooks.addresses import Policy
from api.hooks.order import mend
from api.hooks.planner import Planner
from api.hooks.post import Courier
from api.hooks.queue import tidy
from api.hooks.sender import Sender
from api.site import Site
from core.following import Follower, Session
from core.log.driver import connect, translated
from core.log.hearing import connected
from core.settings import Settings

LOG = logging.getLogger("harmony.deliver")
TIDY = 600.0
"""seconds between looks for old deliveries"""
FEW = 5000


def policy(settings: Settings) -> Policy:
    """Where webhooks may go."""
    return Policy(settings.webhook_private, settings.webhook_http)


def deliver(here: Site, stop: threading.Event) -> int:
    settings = here.settings
    with connect(here.dsn, "harmony-webhooks") as connection, translated():
        found = secrets.opened(here.data, connection)
    courier = Courier(policy(settings))
    threads: list[Follower] = [Planner(here.dsn), Tidier(here.dsn, timedelta(days=settings.webhook_keep))]
    if settings.traces_url is not None:
        threads.append(TraceSender(here.dsn, settings.traces_url, settings.node, settings.traces_authorization))
    try:
        asyncio.run(_send(here, found, courier, stop, threads))
    finally:
        for thread in threads:
            thread.stop()
        courier.close()
    return 0


async def _send(
    here: Site, found: secrets.Secrets, courier: Courier, stop: threading.Event, threads: list[Follower]
) -> None:
    sender = Sender(here.dsn, found, courier, give_up=timedelta(days=here.settings.webhook_give_up))

    def describe() -> dict[str, Any]:
        return {
            "delivered": sender.delivered,
            "failed": sender.failed,
            **msgspec.structs.asdict(sender.figures),
            "traces": sum(one.sent for one in threads if isinstance(one, TraceSender)),
        }

    reporter = Reporter(here.dsn, f"deliver {here.settings.node}", "deliver", describe)
    for thread in (reporter, *threads):
        thread.start()
    LOG.info("delivering webhooks")
    try:
        sending = asyncio.create_task(sender.run())
        # A signal handler can only set the plain event: nothing else wakes this loop.
        while not stop.is_set() and not sending.done():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        sender.stop()
        await sending
    finally:
        reporter.stop()


class Tidier(Follower):
    """Removes old deliveries, and mends their order, from time to time."""

    def __init__(self, dsn: str, keep: timedelta) -> None:
        super().__init__("webhook tidier", longest=60.0)
        self._dsn, self._keep = dsn, keep

    @contextmanager
    def session(self) -> Iterator[Session]:
        yield Session(self._step, lambda: self.rest(TIDY))

    def _step(self) -> bool:
        with connected(self._dsn, "harmony-webhooks-tidy") as connection:
            mend(connection)
            while tidy(connection, self._keep, FEW) == FEW and not self.stopping.is_set():
                pass
        return False
