"""What lives as long as the application does: connections, subscriptions, the pulse, who holds which token.

Handlers reach it through `services_of`, by names that the type checker knows.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar, cast

import psycopg
from psycopg_pool import ConnectionPool
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.access import companies
from api.access.audit import Audit
from api.access.bearers import Bearers, Opened
from api.access.login import Logins
from api.access.principal import Principal
from api.commands.control import control
from api.commands.expiry import expire
from api.http.pulse import Pulse
from api.http.shares import Shares
from api.provision.desk import Desk
from api.recordings.kept import Kept
from api.recordings.listening import Listening
from api.site import Site
from api.streams import Streams
from core.following.tasks import kept
from core.registry.live import LiveRegistry
from core.registry.sources import source_of

CONNECTIONS = 8
PATIENCE = 2.0
"""seconds that a request waits for a connection"""
T = TypeVar("T")
Connection = psycopg.Connection[Any]


class Services:
    """Made without a look at the outside; `running` starts and ends what runs."""

    def __init__(self, here: Site) -> None:
        self.site = here
        self.name = f"http {here.settings.http_host}:{here.settings.http_port}"
        """what this part is called in reports"""
        self.registry = LiveRegistry(source_of(here.settings), here.data)
        self.bearers = Bearers(here.dsn, here.data, self.registry)
        self.opened = Opened()
        self.shares = Shares(here.settings.company_streams, here.settings.company_questions)
        self.audit = Audit(here.dsn)
        self.pool: ConnectionPool[Connection] = ConnectionPool(
            here.dsn, min_size=1, max_size=CONNECTIONS, open=False, timeout=2, kwargs={"autocommit": True}, name="http"
        )
        self.pulse = Pulse(here.dsn)
        self.control = control(here, lambda: self.registry.current)
        self.streams = Streams(here.dsn, registry=lambda: self.registry.current)
        self.logins = Logins()
        self.desk = Desk(here)
        self.recordings = Kept(here.settings.recordings, here.settings.recordings_on_switch)
        self.voicemail = Kept(here.settings.voicemail, here.settings.voicemail_on_switch)
        self.listening = Listening()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """For as long as the context lasts."""
        self.pool.open()
        await asyncio.to_thread(self.registry.start)
        self.bearers.keeper.start()
        keeping = {
            "pulse": self.pulse.beat(),
            "streams": self.streams.keep(),
            "open streams": self.opened.keep(),
            "audit": self.audit.keep(),
            "expiry of commands": expire(self.control.store),
            "refusals": self.desk.refusals.keep(),
        }
        beating = [kept(asyncio.create_task(one, name=name)) for name, one in keeping.items()]
        try:
            yield
        finally:
            for one in beating:
                one.cancel()
            await asyncio.gather(*beating, return_exceptions=True)
            self.streams.stop()
            await asyncio.to_thread(self.registry.stop)
            await asyncio.to_thread(self.bearers.keeper.stop)
            await asyncio.to_thread(self.streams.close)
            self.pulse.close()
            self.control.store.close()
            await asyncio.to_thread(self.pool.close)

    def known(self, connection: Connection, who: Principal, company: str | None) -> None:
        """Whether a company that an operator names is there; raises `NotFound` for a misspelt one."""
        if company is not None and who.tenant is None:
            companies.company(connection, self.registry.current, company)

    async def with_connection(self, work: Callable[[Connection], T]) -> T:
        """What work with a connection to the database gives, off the event loop."""

        def run() -> T:
            with self.pool.connection(PATIENCE) as connection:
                return work(connection)

        return await run_in_threadpool(run)


def services_of(connection: HTTPConnection) -> Services:
    """Those of the application that a request belongs to."""
    return cast(Services, connection.app.state.services)
