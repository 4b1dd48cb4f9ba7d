"""/livez, /readyz, /metrics: for those who watch Harmony."""

import msgspec
import psycopg
from psycopg_pool import PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal
from api.health.spools import spools
from api.http.services import Services, services_of
from api.metrics import CONTENT_TYPE, Local, collect, collect_away, render
from api.operations.status import look
from core.errors import LogError
from core.following import standings


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


async def metrics(request: Request) -> Response:
    """200 also while the database is away: then with what is known without it, and `harmony_database_up 0`."""
    services = services_of(request)
    local = await run_in_threadpool(_local, services)
    try:
        families = await services.with_connection(lambda connection: collect(look(connection), local))
    except (psycopg.Error, PoolTimeout, LogError):
        families = collect_away(local)
    return Response(render(families), media_type=CONTENT_TYPE)


def _local(services: Services) -> Local:
    return Local(services.name, services.streams.lookers, spools(services.site.data), standings())
