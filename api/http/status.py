"""/v1/status: how everything is, in full. For operators of the installation only; /readyz is the short form."""

from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import encoded
from api.http.services import services_of
from api.operating.status import look


async def status(request: Request) -> Response:
    return encoded(await services_of(request).with_connection(lambda connection: look(connection).document()))
