"""/v1/parked: events that could not be used. For operators of the installation only."""

from typing import Any, cast

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.errors import BadArgument, NotFound
from api.http.numbers import name, number
from api.operating import parking
from api.operating.parked_documents import summary, whole
from api.principal import principal
from api.site import Site
from core.log import parked
from core.log.parked import STATES

MOST = 1000
LONGEST_BODY = 16_384


class Skip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _id(request: Request) -> int:
    given = request.path_params["parked_id"]
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise NotFound(f"There is no parked event {given[:40]!r}: their ids are numbers.")
    return int(given)


async def listing(request: Request) -> Response:
    principal(request, "operate")
    state = request.query_params.get("state", "waiting")
    if state not in (*STATES, "all"):
        raise BadArgument(f"state is one of {', '.join(STATES)}, all; not {state[:40]!r}.")
    after = number(request, "after", 0, 0, 1 << 59)
    limit = number(request, "limit", 100, 1, MOST)
    part = name(request, "part")

    def look() -> list[dict[str, Any]]:
        with request.app.state.pool.connection() as connection:
            found = parked.listed(connection, None if state == "all" else cast(Any, state), part, after, limit)
        return [summary(one) for one in found]

    return _json({"parked": await run_in_threadpool(look)})


async def one(request: Request) -> Response:
    principal(request, "operate")
    parked_id = _id(request)

    def look() -> dict[str, Any]:
        with request.app.state.pool.connection() as connection:
            return whole(parking.find(connection, parked_id))

    return _json(await run_in_threadpool(look))


async def retry(request: Request) -> Response:
    by = principal(request, "operate").name
    here: Site = request.app.state.site
    return _json(await run_in_threadpool(parking.retry, here.dsn, _id(request), by, here.settings.dtmf))


async def skip(request: Request) -> Response:
    by = principal(request, "operate").name
    here: Site = request.app.state.site
    parked_id = _id(request)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise BadArgument(f"The body is longer than {LONGEST_BODY} bytes: it holds a reason only.")
    try:
        reason = msgspec.json.decode(body, type=Skip).reason
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadArgument(f'The body is JSON such as {{"reason": "..."}}, and this is not: {error}.') from None
    return _json(summary(await run_in_threadpool(parking.skip, here.dsn, parked_id, by, reason)))


ROUTES = [
    Route("/v1/parked", listing, name="parked"),
    Route("/v1/parked/{parked_id}", one, name="parked-event"),
    Route("/v1/parked/{parked_id}/retry", retry, methods=["POST"], name="parked-retry"),
    Route("/v1/parked/{parked_id}/skip", skip, methods=["POST"], name="parked-skip"),
]
