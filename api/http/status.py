"""/v1/status: how everything is, in full. For operators of the installation only; /readyz is the short form."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.operating.status import look
from api.principal import principal


async def status(request: Request) -> Response:
    principal(request, "operate")

    def document() -> dict[str, Any]:
        with request.app.state.pool.connection() as connection:
            return look(connection).document()

    return Response(msgspec.json.encode(await run_in_threadpool(document)), media_type="application/json")


ROUTES = [Route("/v1/status", status, name="status")]
