"""/v1/operations: what operators did, newest first. For operators of the installation only."""

from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import encoded
from api.http.numbers import name, number
from api.http.services import services_of
from api.operations.operations_documents import document
from core.log.operations import LAST
from core.log.operations import operations as done

MOST = 1000


async def operations(request: Request) -> Response:
    before = number(request, "before", LAST, 1, 1 << 59)
    limit = number(request, "limit", 100, 1, MOST)
    action, by = name(request, "action"), name(request, "by")

    found = await services_of(request).with_connection(
        lambda connection: [document(one) for one in done(connection, before, limit, action, by)]
    )
    return encoded({"operations": found})
