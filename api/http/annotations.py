"""/v1/calls/{id}/notes, /tags and /decisions: what people put on a call, who did, and taking the last of it back."""

from collections.abc import Callable
from typing import Annotated, TypeVar
from urllib.parse import quote
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import principal_of
from api.decisions.annotations import OnCall
from api.errors import BadArgument, NotFound
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.services import Connection, services_of
from core.decided.calls import LONGEST_NOTE, TAG
from core.numbers import number
from projections.query.tags import KnownTag, known_tags

T = TypeVar("T")
_MOST = (1 << 53) - 1


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note to put on a call."""

    text: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=LONGEST_NOTE, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$"),
    ]


class NewTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tag to put on a call."""

    tag: Annotated[str, msgspec.Meta(pattern=TAG)]


async def shown(request: Request) -> Response:
    """The notes and tags."""
    return await _answered(request, OnCall.shown)


async def known(request: Request) -> Response:
    """The tags that whoever writes one is offered."""
    who, services = principal_of(request), services_of(request)
    tenant = who.limited(request.query_params.get("tenant"))

    def look(connection: Connection) -> list[KnownTag]:
        services.known(connection, who, tenant)
        return known_tags(connection, tenant, who.reach)

    return encoded({"tags": await services.with_connection(look)}, tenants=[tenant])


async def history(request: Request) -> Response:
    """All decisions."""
    return await _answered(request, OnCall.history)


async def undo(request: Request) -> Response:
    """The last decision taken back."""
    version = _version(request)
    return await _answered(request, lambda call: call.undo(version))


async def add_note(request: Request) -> Response:
    body, version = await body_of(request, NewNote), _version(request)
    whose, made = await _on_call(request, lambda call: (call.call, call.add_note(body.text, version)))
    place = f"/v1/calls/{quote(whose.call_id, safe='')}/notes/{made.note_id}"
    return encoded(made, 201, {"Location": place}, tenants=[whose.tenant])


async def add_tag(request: Request) -> Response:
    body, version = await body_of(request, NewTag), _version(request)
    whose, made = await _on_call(request, lambda call: (call.call, call.add_tag(body.tag, version)))
    place = f"/v1/calls/{quote(whose.call_id, safe='')}/tags/{quote(made.tag, safe='')}"
    return encoded(made, 201, {"Location": place}, tenants=[whose.tenant])


async def remove_note(request: Request) -> Response:
    text, version = request.path_params["note_id"], _version(request)
    try:
        note_id = UUID(text)
    except ValueError:
        raise NotFound(f"The call has no note {text[:40]!r}.") from None
    await _on_call(request, lambda call: call.remove_note(note_id, version))
    return Response(status_code=204)


async def remove_tag(request: Request) -> Response:
    tag, version = request.path_params["tag"], _version(request)
    await _on_call(request, lambda call: call.remove_tag(tag, version))
    return Response(status_code=204)


async def _answered(request: Request, work: Callable[[OnCall], object]) -> Response:
    whose, answer = await _on_call(request, lambda call: (call.call, work(call)))
    return encoded(answer, tenants=[whose.tenant])


async def _on_call(request: Request, work: Callable[[OnCall], T]) -> T:
    who, call_id = principal_of(request), request.path_params["call_id"]
    return await services_of(request).with_connection(lambda connection: work(OnCall(connection, who, call_id)))


def _version(request: Request) -> int | None:
    """What If-Match says; without one, whatever stands is meant."""
    given = request.headers.getlist("if-match")
    if not given or given == ["*"]:
        return None
    found = number(given[0].strip().strip('"'), _MOST) if len(given) == 1 else None
    if found is None:
        raise BadArgument('If-Match: give the version that an answer told, such as "3", once.')
    return found
