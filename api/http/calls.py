"""/v1/calls and /v1/calls/{id}: what was, by filter or by id."""

import msgspec
import psycopg
from psycopg_pool import ConnectionPool
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access.audit import saw
from api.errors import BadArgument, NotFound
from api.filters import FILTERS, call_filter
from api.http.live import json_list
from api.principal import principal
from projections.query import CallFilter, Found, get_call, list_calls, list_documents, shown, zone

MOST = 500
USUAL = 100
PATIENCE = 2.0
"""Seconds that a request waits for a connection."""
OTHERS = {"limit", "after", "view", "time_zone"}
VIEWS = ("document", "summary")

Pool = ConnectionPool[psycopg.Connection[tuple[object, ...]]]


async def calls(request: Request) -> Response:
    who, given = principal(request, "read"), _parameters(request)
    asked = call_filter(given, given.get("time_zone"))
    asked = msgspec.structs.replace(asked, tenant=who.limited(asked.tenant))
    limit, view = _limit(given.get("limit")), given.get("view", "document")
    if view not in VIEWS:
        raise BadArgument(f"view: there is no {view!r}, only {', '.join(VIEWS)}.")
    read = _documents if view == "document" else _summaries
    body = await run_in_threadpool(
        read, request.app.state.pool, asked, limit, given.get("after"), given.get("time_zone")
    )
    saw(request, asked.tenant)
    return Response(body, media_type="application/json")


async def call(request: Request) -> Response:
    who, call_id = principal(request, "read"), request.path_params["call_id"]
    found = await run_in_threadpool(_found, request.app.state.pool, call_id, who.tenant)
    if found is None:
        raise NotFound(f"There is no call {call_id!r}, also none with a leg of that id.")
    saw(request, found.tenant)
    if found.call_id != call_id:
        # Merged into another, or the id of a leg: the call has one address.
        return RedirectResponse(request.url_for("call", call_id=found.call_id).path, status_code=308)
    tag = f'"{found.version}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(found.document, media_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})


def _parameters(request: Request) -> dict[str, str]:
    known = {item.name for item in FILTERS} | OTHERS
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise BadArgument(f"There is no parameter {name!r}; there are {', '.join(sorted(known))}.")
        if name in given:
            raise BadArgument(f"{name} is given twice: give it once.")
        if "\0" in value:
            raise BadArgument(f"{name} holds a NUL, which nothing that is stored has.")
        given[name] = value
    return given


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise BadArgument(f"limit: {text!r} is no number from 1 to {MOST}.")
    return int(text)


def _documents(pool: Pool, asked: CallFilter, limit: int, after: str | None, time_zone: str | None) -> bytes:
    with pool.connection(PATIENCE) as connection:
        page = list_documents(connection, asked, limit, after)
    following = msgspec.json.encode(page.next)
    return b'{"position":%d,"next":%b,"calls":%b}' % (page.position, following, json_list(page.documents))


def _summaries(pool: Pool, asked: CallFilter, limit: int, after: str | None, time_zone: str | None) -> bytes:
    where = zone(time_zone) if time_zone else None
    with pool.connection(PATIENCE) as connection:
        page = list_calls(connection, asked, limit, after)
    calls = []
    for item in page.calls:
        instants = {name: shown(getattr(item, name), where) for name in ("started_at", "answered_at", "ended_at")}
        calls.append(msgspec.structs.asdict(item) | instants)
    return msgspec.json.encode({"position": page.position, "next": page.next, "calls": calls})


def _found(pool: Pool, call_id: str, tenant: str | None) -> Found | None:
    with pool.connection(PATIENCE) as connection:
        return get_call(connection, call_id, tenant)
