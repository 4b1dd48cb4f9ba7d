"""POST to /v1/calls, /v1/calls/{id}/..., /v1/conferences/{room}/...: commands; /v1/commands/{id}: what became of one.

A command is taken, not carried out, when the answer comes: 202, and its address. The outcome is there later, and in the
events of the call log.
"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import principal_of
from api.commands import documents
from api.commands.bodies import CallBody, OfCall, OfRoom
from api.commands.control import Control
from api.errors import ApiError, BadArgument
from api.http.answers import Answer
from api.http.bodies import body_of
from api.http.endpoint import Handler
from api.http.services import Connection, services_of
from core.commands.store import Requested


class TooLarge(ApiError):
    """A body that no command needs."""

    code = "command.too-large"
    status = 413


async def call(request: Request) -> Response:
    """Click-to-call."""
    who, body, key = principal_of(request), await body_of(request, CallBody), _key(request)
    return await _taken(request, lambda control, connection: control.call(connection, who, body, key))


def of_call(kind: type[OfCall]) -> Handler:
    async def handler(request: Request) -> Response:
        who, body, key = principal_of(request), await body_of(request, kind), _key(request)
        call_id = request.path_params["call_id"]
        return await _taken(request, lambda control, connection: control.of_call(connection, who, call_id, body, key))

    return handler


def of_room(kind: type[OfRoom]) -> Handler:
    async def handler(request: Request) -> Response:
        who, body, key = principal_of(request), await body_of(request, kind), _key(request)
        room = request.path_params["room"]
        return await _taken(request, lambda control, connection: control.of_room(connection, who, room, body, key))

    return handler


async def command(request: Request) -> Response:
    """What became of a command."""
    who, command_id = principal_of(request), request.path_params["command_id"]
    status = await run_in_threadpool(services_of(request).control.status, who, command_id)
    return Answer(documents.status(status), tenants=[status.tenant])


def _key(request: Request) -> str | None:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1:
        raise BadArgument("Idempotency-Key is given twice: give it once.")
    return keys[0] if keys else None


async def _taken(request: Request, take: Callable[[Control, Connection], Requested]) -> Response:
    services = services_of(request)
    asked = await services.with_connection(lambda connection: take(services.control, connection))
    headers = {"Location": f"/v1/commands/{asked.command_id}"}
    if asked.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Answer(documents.taken(asked), 202, headers)
