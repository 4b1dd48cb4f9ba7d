"""`harmony deliver`: planner and sender of webhooks in one process, until told to stop. Several may run at once."""

import asyncio
import logging
import threading
from datetime import timedelta
from typing import Any

import msgspec

from api.health.services import Reporter
from api.hooks import secrets
from api.hooks.addresses import Policy
from api.hooks.order import mend
from api.hooks.planner import Planner
from api.hooks.post import Courier
from api.hooks.queue import tidy
from api.hooks.sender import Sender
from api.site import Site
from core.errors import HarmonyError
from core.log.driver import connect, translated
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
    planner = threading.Thread(target=Planner(here.dsn).run_forever, args=(stop,), name="webhook planner")
    tidier = threading.Thread(
        target=_tidy, args=(here.dsn, timedelta(days=settings.webhook_keep), stop), name="webhook tidier"
    )
    try:
        asyncio.run(_send(here, found, courier, stop, [planner, tidier]))
    finally:
        stop.set()
        for thread in (planner, tidier):
            if thread.is_alive():
                thread.join()
        courier.close()
    return 0


async def _send(
    here: Site, found: secrets.Secrets, courier: Courier, stop: threading.Event, threads: list[threading.Thread]
) -> None:
    sender = Sender(here.dsn, found, courier, give_up=timedelta(days=here.settings.webhook_give_up))

    def describe() -> dict[str, Any]:
        return {
            "delivered": sender.delivered,
            "failed": sender.failed,
            **msgspec.structs.asdict(sender.figures),
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


def _tidy(dsn: str, keep: timedelta, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with connect(dsn, "harmony-webhooks-tidy") as connection, translated():
                mend(connection)
                while tidy(connection, keep, FEW) == FEW and not stop.is_set():
                    pass
        except HarmonyError as error:
            LOG.warning("Old deliveries could not be removed, which is tried again: %s", error)
        stop.wait(TIDY)
