"""/v1/status: how everything is, in full. For operators of the installation only; /readyz is the short form."""

from starlette.requests import Request
from starlette.responses import Response

from api.health.expected import expected_of
from api.http.answers import encoded
from api.http.services import services_of
from api.operations.status import look


async def status(request: Request) -> Response:
    services = services_of(request)
    expected = expected_of(services.site.settings, server=False)
    return encoded(await services.with_connection(lambda connection: look(connection, expected).document()))
