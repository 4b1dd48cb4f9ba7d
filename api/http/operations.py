"""/v1/operations: what operators did, newest first. For operators of the installation only."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.errors import BadArgument
from api.http.numbers import number
from api.operating.operations_documents import document
from api.principal import principal
from core.log.operations import LAST
from core.log.operations import operations as done

MOST = 1000


async def operations(request: Request) -> Response:
    principal(request, "operate")
    before = number(request, "before", LAST, 1, 1 << 59)
    limit = number(request, "limit", 100, 1, MOST)
    action, by = (_name(request, name) for name in ("action", "by"))

    def look() -> list[dict[str, Any]]:
        with request.app.state.pool.connection() as connection:
            return [document(one) for one in done(connection, before, limit, action, by)]

    body = {"operations": await run_in_threadpool(look)}
    return Response(msgspec.json.encode(body), media_type="application/json")


def _name(request: Request, name: str) -> str | None:
    given = request.query_params.get(name)
    if given is not None and "\0" in given:
        raise BadArgument(f"{name} holds a NUL, which nothing that is stored has.")
    return given


ROUTES = [Route("/v1/operations", operations, name="operations")]
