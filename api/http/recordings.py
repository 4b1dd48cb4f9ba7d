"""/v1/calls/{id}/recordings: what of a call was recorded, and hearing it."""

from typing import Any

import msgspec
from psycopg import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal, principal_of
from api.errors import NotFound
from api.http.answers import encoded
from api.http.services import services_of
from api.http.sound import sound_answer
from api.recordings import listening
from api.recordings.of_call import Recorded, recorded
from projections.published.call_data import Instant
from projections.query import get_call
from projections.query.calls import Found


class Recording(msgspec.Struct, frozen=True):
    """A recording of a call."""

    name: str
    """by which it is asked for"""
    party: str
    """whose leg was recorded: what it heard, and what it said"""
    started_at: Instant
    ended_at: Instant | None
    size: int | None
    """bytes; null: its file is not where recordings are kept"""


class Recordings(msgspec.Struct, frozen=True):
    """The recordings of a call that one may hear, the oldest first."""

    call_id: str
    recordings: list[Recording]


async def recordings(request: Request) -> Response:
    call, found = await _of_call(request)
    kept = services_of(request).recordings

    def look() -> list[Recording]:
        return [
            Recording(one.name, one.party, one.started_at, one.ended_at, kept.size(one.path) if one.ended_at else None)
            for one in found
        ]

    return encoded(Recordings(call.call_id, await run_in_threadpool(look)), tenants=[call.tenant])


async def recording(request: Request) -> Response:
    """The sound. Who may not hear it is told the same as of one that is not there."""
    who, services, name = principal_of(request), services_of(request), request.path_params["name"]
    call, found = await _of_call(request)
    wanted = next((one for one in found if one.name == name), None)
    if wanted is None:
        raise NotFound(f"The call has no recording {name[:100]!r}.")
    if wanted.ended_at is None:
        raise NotFound("The recording goes on: it can be heard when it has ended.")
    sound = await run_in_threadpool(services.recordings.open, wanted.path)
    if sound is None:
        raise NotFound("The file of this recording is not where recordings are kept: it was moved or deleted there.")
    answer = sound_answer(request, sound)
    if (
        answer.status_code < 400
        and request.method != "HEAD"
        and services.listening.is_new(who, f"{call.call_id} {name}")
    ):
        try:
            await services.with_connection(
                lambda connection: listening.record(connection, who, call.tenant, call.call_id, name)
            )
        except BaseException:
            services.listening.forget(who, f"{call.call_id} {name}")
            raise
    return answer


async def _of_call(request: Request) -> tuple[Found, list[Recorded]]:
    who, call_id = principal_of(request), request.path_params["call_id"]
    found = await services_of(request).with_connection(lambda connection: _look(connection, who, call_id))
    if found is None:
        raise NotFound(f"There is no call {call_id[:100]!r}, also none with a leg of that id.")
    return found, recorded(found.document, who)


def _look(connection: Connection[Any], who: Principal, call_id: str) -> Found | None:
    return None if "\0" in call_id else get_call(connection, call_id, who.tenant, who.reach)
