"""/v1/schemas and /v1/schemas/{type}: what events there are, and what each holds. /asyncapi.json: how they come."""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.errors import NotFound
from api.http import event_schemas
from api.http.answers import Answer
from projections.published.catalogue import CATALOGUE


@cache
def _listing() -> bytes:
    return msgspec.json.encode(event_schemas.listing())


@cache
def _schema(name: str) -> bytes:
    return msgspec.json.encode(event_schemas.document(CATALOGUE[name]))


@cache
def _asyncapi() -> bytes:
    from api.http import asyncapi

    return msgspec.json.encode(asyncapi.document())


@cache
def _openapi() -> bytes:
    from api.http import openapi

    return msgspec.json.encode(openapi.document())


async def schemas(request: Request) -> Response:
    return Answer(_listing())


async def schema(request: Request) -> Response:
    name = request.path_params["type"]
    if name not in CATALOGUE:
        raise NotFound(f"There is no type of event {name!r}: /v1/schemas lists those that there are.")
    return Answer(_schema(name), media_type="application/schema+json")


async def described_events(request: Request) -> Response:
    return Answer(_asyncapi())


async def described(request: Request) -> Response:
    return Answer(_openapi())
