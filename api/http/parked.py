"""/v1/parked: events that could not be used. For operators of the installation only."""

from typing import Any, cast

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import principal_of
from api.errors import BadArgument, NotFound
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.numbers import name, number
from api.http.services import Connection, services_of
from api.operations import parked_decisions
from api.operations.parked_documents import summary, whole
from core.log import parked
from core.log.parked import STATES

MOST = 1000


class Skip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


def _id(request: Request) -> int:
    given = request.path_params["parked_id"]
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise NotFound(f"There is no parked event {given[:40]!r}: their ids are numbers.")
    return int(given)


async def listing(request: Request) -> Response:
    state = request.query_params.get("state", "waiting")
    if state not in (*STATES, "all"):
        raise BadArgument(f"state is one of {', '.join(STATES)}, all; not {state[:40]!r}.")
    after = number(request, "after", 0, 0, 1 << 59)
    limit = number(request, "limit", 100, 1, MOST)
    part = name(request, "part")

    def look(connection: Connection) -> list[dict[str, Any]]:
        found = parked.listed(connection, None if state == "all" else cast(Any, state), part, after, limit)
        return [summary(one) for one in found]

    return encoded({"parked": await services_of(request).with_connection(look)})


async def one(request: Request) -> Response:
    parked_id = _id(request)
    found = await services_of(request).with_connection(
        lambda connection: whole(parked_decisions.find(connection, parked_id))
    )
    return encoded(found)


async def retry(request: Request) -> Response:
    by, here = principal_of(request).name, services_of(request).site
    return encoded(await run_in_threadpool(parked_decisions.retry, here.dsn, _id(request), by, here.settings.dtmf))


async def skip(request: Request) -> Response:
    by, here = principal_of(request).name, services_of(request).site
    parked_id = _id(request)
    reason = (await body_of(request, Skip)).reason
    return encoded(summary(await run_in_threadpool(parked_decisions.skip, here.dsn, parked_id, by, reason)))
