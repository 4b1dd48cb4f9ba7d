"""Routes, made of the records of endpoints. Whoever comes through has what the record demands.

There is no other way to make a route; a test walks the application and finds a record behind each.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, cast
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from api.access.principal import Principal
from api.http.answers import ALL, Answer
from api.http.endpoint import Endpoint, Method
from api.http.problems import refusal
from api.http.services import Services
from api.http.shares import FREE, TooMuch
from core.errors import HarmonyError


class _AnyText(Convertor[str]):
    """A call's id can be any text, also with slashes and newlines in it (origination_uuid)."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor("any", _AnyText())


class RecordRoute(Route):
    """One path with the records of its methods."""

    def __init__(self, path: str, records: Mapping[Method, Endpoint]) -> None:
        self.records = records
        name = next(iter(records.values())).name
        super().__init__(path, partial(_entered, records), methods=[method.upper() for method in records], name=name)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the last byte of the answer: a stream holds its company's share for so long."""
        method = "get" if scope["method"] == "HEAD" else scope["method"].lower()
        record = self.records.get(cast(Method, method))
        async with _share(record, scope):
            await super().handle(scope, receive, send)


class RecordSocket(WebSocketRoute):
    """One path at which a WebSocket is opened."""

    def __init__(self, record: Endpoint) -> None:
        self.record = record
        super().__init__(record.path, partial(_opened, record), name=record.name)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the end of the connection."""
        try:
            async with _share(self.record, scope):
                await super().handle(scope, receive, send)
        except TooMuch as problem:
            await WebSocket(scope, receive, send).send_denial_response(refusal(problem))


def _share(record: Endpoint | None, scope: Scope) -> AbstractAsyncContextManager[None]:
    who: Principal | None = scope.get("principal")
    if record is None or who is None or record.share == "usual":
        return FREE
    services: Services = scope["app"].state.services
    share = record.share
    if record.waits and not QueryParams(scope["query_string"]).get(record.waits, "").strip("0. "):
        share = "question"
    return services.shares.taken(share, who.tenant, who.user)


def routes(endpoints: Iterable[Endpoint]) -> list[RecordRoute | RecordSocket]:
    """The routes of all records, in any order; raises `ValueError` when two have one method of one path."""
    paths: dict[str, dict[Method, Endpoint]] = {}
    sockets: list[RecordRoute | RecordSocket] = []
    for one in endpoints:
        if one.method == "websocket":
            sockets.append(RecordSocket(one))
        elif paths.setdefault(one.path, {}).setdefault(one.method, one) is not one:
            raise ValueError(f"{one.name}: {one.method} {one.path} has an endpoint already.")
    made = [RecordRoute(path, records) for path, records in paths.items()]
    # An id that may be any text would swallow whatever follows it in a longer address.
    return sorted(made, key=lambda route: route.path.endswith(":any}")) + sockets


def open_paths(endpoints: Iterable[Endpoint]) -> list[RecordRoute]:
    """The paths of which some method needs no token."""
    found = routes(one for one in endpoints if one.scope == "open")
    return [route for route in found if isinstance(route, RecordRoute)]


def record_of(connection: HTTPConnection) -> Endpoint:
    """The record of the endpoint to which a request came."""
    return cast(Endpoint, connection.scope["record"])


def _admit(record: Endpoint, connection: HTTPConnection) -> None:
    record.admit(connection.scope.get("principal"), connection.query_params.multi_items())
    connection.scope["record"] = record


async def _entered(records: Mapping[Method, Endpoint], request: Request) -> Response:
    method = "get" if request.method == "HEAD" else request.method.lower()
    record = records[cast(Method, method)]
    _admit(record, request)
    response = await cast(Any, record.handler)(request)
    assert isinstance(response, Response)
    _note(record, request, response.tenants if isinstance(response, Answer) else ALL)
    return response


async def _opened(record: Endpoint, socket: WebSocket) -> None:
    try:
        _admit(record, socket)
    except HarmonyError as problem:
        # Before the handshake: an answer of HTTP, with the same problem document as elsewhere.
        await socket.send_denial_response(refusal(problem, socket.scope.get("principal"), socket.url.path))
        return
    _note(record, socket, ALL)
    await cast(Any, record.handler)(socket)


def _note(record: Endpoint, connection: HTTPConnection, tenants: frozenset[str | None]) -> None:
    """Leave for the audit whose data a good answer holds."""
    if record.shows != "thing":
        connection.scope["shown"] = tenants if record.shows == "companies" else frozenset()
