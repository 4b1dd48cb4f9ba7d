"""/v1/test-events: asked for by their type, and read by those who listen."""

from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import principal_of
from api.errors import BadArgument
from api.hooks import tryouts
from api.hooks.tryouts import NewTestEvent
from api.http.answers import Answer, encoded
from api.http.bodies import body_of
from api.http.services import Connection, services_of

_LARGEST = 1 << 62


async def create(request: Request) -> Response:
    who = principal_of(request)
    asked = await body_of(request, NewTestEvent)
    services = services_of(request)

    def make(connection: Connection) -> bytes:
        services.known(connection, who, asked.tenant)
        return tryouts.make(connection, who, asked)

    return Answer(await services.with_connection(make), 201)


async def listing(request: Request) -> Response:
    who = principal_of(request)
    text = request.query_params.get("after")
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= _LARGEST):
        raise BadArgument(f"after: {text[:40]!r} is no number from 0 to {_LARGEST}: give `next` of the answer before.")
    number = None if text is None else int(text)
    return encoded(
        await services_of(request).with_connection(lambda connection: tryouts.after(connection, who, number))
    )
