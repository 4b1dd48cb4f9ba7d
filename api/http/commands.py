"""POST to /v1/calls, /v1/calls/{id}/..., /v1/conferences/{room}/...: commands; /v1/commands/{id}: what became of one.

A command is taken, not carried out, when the answer comes: 202, and its address. The outcome is there later, and in the
events of the call log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from psycopg import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.access.audit import saw
from api.commanding import documents
from api.commanding.bodies import CALL_VERBS, ROOM_VERBS, Body, CallBody, OfCall, OfRoom
from api.commanding.control import Control
from api.commanding.errors import BadBody
from api.errors import ApiError, BadArgument
from api.http.bodies import decoded
from api.http.calls import PATIENCE
from api.principal import Principal, principal
from core.commands.store import CommandStore, Requested
from core.errors import LogError

LARGEST = 64 << 10
"""bytes of a body"""
EXPIRING = 1.0
"""seconds between two looks for commands that nobody took in time"""

B = TypeVar("B", bound=Body)
Handler = Callable[[Request], Awaitable[Response]]


class TooLarge(ApiError):
    """A body that no command needs."""

    code = "command.too-large"
    status = 413


async def call(request: Request) -> Response:
    """Click-to-call."""
    who, body, key = await _given(request, CallBody)
    return await _taken(request, lambda control, connection: control.call(connection, who, body, key))


def of_call(kind: type[OfCall]) -> Handler:
    async def handler(request: Request) -> Response:
        who, body, key = await _given(request, kind)
        call_id = request.path_params["call_id"]
        return await _taken(request, lambda control, connection: control.of_call(connection, who, call_id, body, key))

    return handler


def of_room(kind: type[OfRoom]) -> Handler:
    async def handler(request: Request) -> Response:
        who, body, key = await _given(request, kind)
        room = request.path_params["room"]
        return await _taken(request, lambda control, connection: control.of_room(connection, who, room, body, key))

    return handler


async def command(request: Request) -> Response:
    """What became of a command."""
    who, command_id = principal(request, "read"), request.path_params["command_id"]
    status = await run_in_threadpool(request.app.state.control.status, who, command_id)
    saw(request, status.tenant)
    return Response(documents.status(status), media_type="application/json")


async def expire(store: CommandStore) -> None:
    """See to it, for as long as the server runs, that a command ends also when no bridge asks for it."""
    while True:
        with suppress(LogError):  # the database is away, which the pulse tells; they are late also when it is back
            await asyncio.to_thread(store.expire)
        await asyncio.sleep(EXPIRING)


async def _given(request: Request, kind: type[B]) -> tuple[Principal, B, str | None]:
    who = principal(request, "control")
    if request.query_params:
        raise BadArgument("A command takes its values in the body, as JSON: there are no parameters in its address.")
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json":
        raise BadArgument("Content-Type: the body of a command is application/json.")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise TooLarge(f"The body has more than {LARGEST} bytes, which no command needs.")
    return who, _decoded(bytes(content), kind), _key(request)


def _key(request: Request) -> str | None:
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1:
        raise BadArgument("Idempotency-Key is given twice: give it once.")
    return keys[0] if keys else None


def _decoded(content: bytes, kind: type[B]) -> B:
    try:
        return decoded(content.strip() or b"{}", kind)
    except msgspec.ValidationError as error:
        raise BadBody(f"The body is not what this command takes: {_sentence(error)}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadArgument(f"The body is no JSON in UTF-8: {_sentence(error)}.") from None


def _sentence(error: Exception) -> str:
    """The decoder's words; it repeats what was sent."""
    words = str(error).rstrip(".")[:200]
    return words if words.isprintable() else words.encode("unicode_escape").decode()


async def _taken(request: Request, take: Callable[[Control, Connection[Any]], Requested]) -> Response:
    def within() -> Requested:
        with request.app.state.pool.connection(PATIENCE) as connection:
            return take(request.app.state.control, connection)

    asked = await run_in_threadpool(within)
    headers = {"Location": f"/v1/commands/{asked.command_id}"}
    if asked.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(documents.taken(asked), 202, headers, "application/json")


def routes() -> list[Route]:
    """Of all commands; before that of one call, which may have any id."""
    return [
        Route("/v1/calls", call, methods=["POST"], name="make_call"),
        *(
            Route(f"/v1/calls/{{call_id:any}}/{verb}", of_call(kind), methods=["POST"], name=verb)
            for verb, kind in CALL_VERBS.items()
        ),
        *(
            Route(f"/v1/conferences/{{room}}/{verb}", of_room(kind), methods=["POST"], name=f"conference {verb}")
            for verb, kind in ROOM_VERBS.items()
        ),
        Route("/v1/commands/{command_id}", command, name="command"),
    ]
