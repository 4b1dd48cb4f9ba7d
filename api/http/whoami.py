"""/v1/whoami: whose token this is and what it may do, so that a program (the page) offers nothing that is refused."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.errors import Forbidden
from api.principal import Principal


async def whoami(request: Request) -> Response:
    who: Principal | None = request.scope.get("principal")  # of any scope: it concerns nobody else
    if who is None:
        raise Forbidden("This needs an access token.")
    told = {"name": who.name, "tenant": who.tenant, "scopes": sorted(who.scopes)}
    return Response(msgspec.json.encode(told), media_type="application/json")


ROUTES = [Route("/v1/whoami", whoami, name="whoami")]
