"""The application: its routes, and what lives as long as it does (connections, the live feed, the pulse)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import quote

from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.access.audit import Audit
from api.access.bearers import Bearers, Opened
from api.access.login import Logins
from api.commanding.control import control
from api.http import (
    access,
    calls,
    commands,
    files,
    hooks,
    live,
    operations,
    parked,
    problems,
    provision,
    schemas,
    self_service,
    state,
    status,
    whoami,
)
from api.http.feed import Feed
from api.http.guard import Guard
from api.http.openapi import DOCUMENT
from api.http.pulse import Pulse
from api.http.streams import ROUTES as STREAM_ROUTES
from api.http.streams import SOCKETS
from api.site import Site
from api.streams import Streams
from core.registry.live import LiveRegistry
from core.registry.sources import source_of

CONNECTIONS = 8


async def openapi(request: Request) -> Response:
    return Response(DOCUMENT, media_type="application/json")


class _AnyText(Convertor[str]):
    """A call's id can be any text, also with slashes and newlines in it (origination_uuid)."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor("any", _AnyText())

ROUTES = [
    *commands.routes(),
    Route("/v1/calls", calls.calls, name="calls"),
    Route("/v1/calls/{call_id:any}", calls.call, name="call"),
    Route("/v1/live", live.live, name="live"),
    Route("/v1/live/stream", live.stream, name="stream"),
    *STREAM_ROUTES,
    *schemas.ROUTES,
    *parked.ROUTES,
    *operations.ROUTES,
    *status.ROUTES,
    *whoami.ROUTES,
    *access.ROUTES,
    *hooks.ROUTES,
    *provision.ROUTES,
    *self_service.ROUTES,
    Route("/livez", state.livez, name="livez"),
    Route("/readyz", state.readyz, name="readyz"),
    Route("/metrics", state.metrics, name="metrics"),
    Route("/openapi.json", openapi, name="openapi"),
]


def application(here: Site) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.pool.open()
        app.state.feed.start()
        if app.state.registry is not None:
            await asyncio.to_thread(app.state.registry.start)
        app.state.bearers.keeper.start()
        beating = asyncio.gather(
            app.state.pulse.beat(),
            app.state.streams.keep(),
            app.state.opened.keep(),
            app.state.audit.keep(),
            commands.expire(app.state.control.store),
            app.state.desk.refusals.keep(),
        )
        try:
            yield
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
            app.state.feed.stop()
            app.state.streams.stop()
            if app.state.registry is not None:
                await asyncio.to_thread(app.state.registry.stop)
            await asyncio.to_thread(app.state.bearers.keeper.stop)
            await asyncio.to_thread(app.state.streams.close)
            app.state.pulse.close()
            app.state.control.store.close()
            await asyncio.to_thread(app.state.pool.close)

    source = source_of(here.settings)
    registry = LiveRegistry(source, here.data) if source is not None else None
    bearers = Bearers(here.dsn, here.data, registry)
    app = Starlette(
        routes=[*ROUTES, *SOCKETS, *files.routes()],
        middleware=[Middleware(Guard, knows=bearers)],
        exception_handlers=problems.handlers(),
        lifespan=lifespan,
    )
    app.state.site = here
    app.state.bearers, app.state.opened, app.state.audit = bearers, Opened(), Audit(here.dsn)
    app.state.pool = ConnectionPool(
        here.dsn, min_size=1, max_size=CONNECTIONS, open=False, timeout=2, kwargs={"autocommit": True}, name="http"
    )
    app.state.feed = Feed(here.dsn)
    app.state.pulse = Pulse(here.dsn)
    app.state.control = control(here)
    app.state.streams = Streams(here.dsn)
    app.state.registry, app.state.logins = registry, Logins()
    app.state.desk = provision.Desk(here)
    return app
