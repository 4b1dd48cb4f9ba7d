"""/livez, /readyz, /metrics: for those who watch Harmony."""

from typing import Any

import msgspec
import psycopg
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal
from api.http.problems import Problem
from api.http.services import services_of
from api.metrics import CONTENT_TYPE, collect, render
from api.operations.status import look
from core.errors import LogError


async def livez(request: Request) -> Response:
    """The process answers; nothing else is asked."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def readyz(request: Request) -> Response:
    """200 while calls can be read, also with gaps; else 503. Names only for operators."""
    pulse = services_of(request).pulse
    health = await pulse.look()
    who: Principal | None = request.scope.get("principal")
    if who is not None and who.tenant is not None:
        body = pulse.for_companies()
    elif who is not None:
        body = pulse.document
    else:
        body = {"status": pulse.document["status"], "degraded": pulse.document["degraded"]}
    return Response(
        msgspec.json.encode(body), status_code=200 if health is not None else 503, media_type="application/json"
    )


def figures(connection: psycopg.Connection[Any], live_subscribers: int) -> str:
    """All metrics as text."""
    return render(collect(look(connection), live_subscribers))


async def metrics(request: Request) -> Response:
    services = services_of(request)
    try:
        text = await services.with_connection(lambda connection: figures(connection, services.feed.subscribers))
    except (psycopg.Error, LogError):
        return Problem(503, "api.unavailable", "The database is away: there are no figures now.", {"Retry-After": "2"})
    return Response(text, media_type=CONTENT_TYPE)
