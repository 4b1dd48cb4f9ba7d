"""/v1/calls and /v1/calls/{id}: what was, by filter or by id."""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal, principal_of
from api.errors import BadArgument, NotFound
from api.http.answers import Answer, encoded
from api.http.routes import record_of
from api.http.services import Connection, services_of
from api.streams.live_source import json_list
from api.words.filters import call_filter
from core.numbers import number
from projections.query import (
    CallFilter,
    CallPage,
    get_call,
    list_calls,
    list_documents,
    list_stories,
    shown,
    sums,
    zone,
)

MOST = 500
USUAL = 100
VIEWS = ("document", "summary", "story")


async def calls(request: Request) -> Response:
    who, given = principal_of(request), dict(request.query_params)
    asked = asked_by(who, given)
    limit, view = _limit(given.get("limit")), given.get("view", "document")
    if view not in VIEWS:
        raise BadArgument(f"view: there is no {view!r}, only {', '.join(VIEWS)}.")
    read = {"document": _documents, "summary": _summaries, "story": _stories}[view]
    services = services_of(request)

    def answer(connection: Connection) -> bytes:
        services.known(connection, who, asked.tenant)
        return read(connection, asked, limit, given.get("after"), given.get("time_zone"))

    body = await services.with_connection(answer)
    return Answer(body, tenants=[asked.tenant])


def asked_by(who: Principal, given: Mapping[str, str]) -> CallFilter:
    """The calls that a question names, of those that who asks may see."""
    asked = call_filter(given, given.get("time_zone"))
    return msgspec.structs.replace(asked, tenant=who.limited(asked.tenant), reach=who.reach)


async def sums_of(request: Request) -> Response:
    who, given = principal_of(request), dict(request.query_params)
    asked = asked_by(who, given)
    found = await services_of(request).with_connection(lambda connection: sums(connection, asked))
    return encoded(found, tenants=[asked.tenant])


async def call(request: Request) -> Response:
    who, call_id = principal_of(request), request.path_params["call_id"]
    found = await services_of(request).with_connection(
        lambda connection: get_call(connection, call_id, who.tenant, who.reach)
    )
    if found is None:
        raise NotFound(f"There is no call {call_id!r}, also none with a leg of that id.")
    whose = [found.tenant]
    if found.call_id != call_id:
        # Merged into another, or the id of a leg: the call has one address.
        address = request.app.url_path_for(record_of(request).name, call_id=found.call_id)
        return Answer(b"", 308, {"Location": address}, tenants=whose)
    tag = f'"{found.version}"'
    if request.headers.get("if-none-match") == tag:
        return Answer(b"", 304, {"ETag": tag}, tenants=whose)
    return Answer(found.document, headers={"ETag": tag, "Cache-Control": "no-cache"}, tenants=whose)


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    found = number(text, MOST)
    if not found:
        raise BadArgument(f"limit: {text[:40]!r} is no number from 1 to {MOST}.")
    return found


def _documents(
    connection: Connection, asked: CallFilter, limit: int, after: str | None, time_zone: str | None
) -> bytes:
    page = list_documents(connection, asked, limit, after)
    following = msgspec.json.encode(page.next)
    return b'{"position":%d,"next":%b,"calls":%b}' % (page.position, following, json_list(page.documents))


def _summaries(
    connection: Connection, asked: CallFilter, limit: int, after: str | None, time_zone: str | None
) -> bytes:
    return _flat(list_calls(connection, asked, limit, after), time_zone)


def _stories(connection: Connection, asked: CallFilter, limit: int, after: str | None, time_zone: str | None) -> bytes:
    return _flat(list_stories(connection, asked, limit, after), time_zone)


def _flat(page: CallPage, time_zone: str | None) -> bytes:
    where = zone(time_zone) if time_zone else None
    calls = []
    for item in page.calls:
        instants = {name: shown(getattr(item, name), where) for name in ("started_at", "answered_at", "ended_at")}
        calls.append(msgspec.structs.asdict(item) | instants)
    return msgspec.json.encode({"position": page.position, "next": page.next, "calls": calls})
