"""/v1/schemas and /v1/schemas/{type}: what events there are, and what each holds. /asyncapi.json: how they come."""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.errors import NotFound
from api.http import asyncapi, event_schemas
from api.principal import principal
from projections.published.catalogue import CATALOGUE


@cache
def _listing() -> bytes:
    return msgspec.json.encode(event_schemas.listing())


@cache
def _schema(name: str) -> bytes:
    return msgspec.json.encode(event_schemas.document(CATALOGUE[name]))


@cache
def _asyncapi() -> bytes:
    return msgspec.json.encode(asyncapi.document())


async def schemas(request: Request) -> Response:
    principal(request, "read")
    return Response(_listing(), media_type="application/json")


async def schema(request: Request) -> Response:
    principal(request, "read")
    name = request.path_params["type"]
    if name not in CATALOGUE:
        raise NotFound(f"There is no type of event {name!r}: /v1/schemas lists those that there are.")
    return Response(_schema(name), media_type="application/schema+json")


async def described(request: Request) -> Response:
    return Response(_asyncapi(), media_type="application/json")


ROUTES = [
    Route("/v1/schemas", schemas, name="schemas"),
    Route("/v1/schemas/{type}", schema, name="schema"),
    Route("/asyncapi.json", described, name="asyncapi"),
]
