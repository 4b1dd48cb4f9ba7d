"""/v1/operations: what operators did, newest first. For operators of the installation only."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.numbers import name, number
from api.operating.operations_documents import document
from api.principal import principal
from core.log.operations import LAST
from core.log.operations import operations as done

MOST = 1000


async def operations(request: Request) -> Response:
    principal(request, "operate")
    before = number(request, "before", LAST, 1, 1 << 59)
    limit = number(request, "limit", 100, 1, MOST)
    action, by = name(request, "action"), name(request, "by")

    def look() -> list[dict[str, Any]]:
        with request.app.state.pool.connection() as connection:
            return [document(one) for one in done(connection, before, limit, action, by)]

    body = {"operations": await run_in_threadpool(look)}
    return Response(msgspec.json.encode(body), media_type="application/json")


ROUTES = [Route("/v1/operations", operations, name="operations")]
