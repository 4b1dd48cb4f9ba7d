"""/v1/me/voicemail: the own messages at the switch: which there are, hearing one, marking it, deleting it.

Everything is asked of the switch when it is asked for, so that a message that was deleted at the phone is not here. A
box is its user's: no token of a company or of the installation reaches what is in it.
"""

import asyncio
import time
from uuid import UUID

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal, principal_of
from api.commands.switches import switch_for
from api.errors import NotFound, Unavailable
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.services import Connection, services_of
from api.http.sound import sound_answer
from api.recordings import listening
from api.voicemail.listed import Message, listed
from core.commands import mailboxes
from core.commands.mailboxes import Answer, Asked
from core.operating import record_action
from projections.callflow.document import instant_text
from projections.published.call_data import Instant

PATIENCE = 8.0
"""seconds that an answer of the switch is waited for"""
LOOK = 0.1


class VoicemailMessage(msgspec.Struct, frozen=True):
    """A message that somebody left."""

    message: str
    """the switch's id of it"""
    at: Instant
    number: str
    """who left it"""
    name: str
    seconds: int
    """how long it is"""
    read: bool
    """whether it was heard"""
    size: int | None
    """bytes; null: its file cannot be read here, so it is heard by phone only"""


class Voicemail(msgspec.Struct, frozen=True):
    """A user's mailbox."""

    new: int
    """messages that were not heard yet"""
    messages: list[VoicemailMessage]


class ReadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a message was heard."""

    read: bool


async def messages(request: Request) -> Response:
    """The box."""
    who, kept = _owner(request), services_of(request).voicemail
    found = await _list(request, who)

    def look() -> list[VoicemailMessage]:
        return [
            VoicemailMessage(
                one.message, instant_text(one.at * 1_000_000), one.number, one.name, one.seconds, one.read,
                kept.size(one.path),
            )
            for one in found
        ]  # fmt: skip

    shown = await run_in_threadpool(look)
    return encoded(Voicemail(sum(not one.read for one in found), shown), tenants=[who.tenant])


async def hear(request: Request) -> Response:
    """The sound of a message."""
    who, services = _owner(request), services_of(request)
    one = await _message(request, who)
    sound = await run_in_threadpool(services.voicemail.open, one.path)
    if sound is None:
        raise NotFound("The file of this message cannot be read here: listen to it by phone.")
    answer, what = sound_answer(request, sound), f"voicemail {one.message}"
    if answer.status_code < 400 and request.method != "HEAD" and services.listening.is_new(who, what):
        await services.with_connection(
            lambda connection: listening.record(connection, who, who.tenant, f"voicemail:{who.user}", one.message)
        )
    return answer


async def mark(request: Request) -> Response:
    """Heard, or not."""
    who, given = _owner(request), await body_of(request, ReadBody)
    one = await _message(request, who)
    await _done(request, who, "read" if given.read else "unread", one.message)
    return Response(status_code=204)


async def delete(request: Request) -> Response:
    """For good: the switch removes its file."""
    who = _owner(request)
    one = await _message(request, who)
    await _done(request, who, "delete", one.message)
    await services_of(request).with_connection(
        lambda connection: record_action(
            connection, "access.voicemail-deleted", who.name, f"voicemail:{who.user}", details={"file": one.message},
            tenant=who.tenant,
        )
    )  # fmt: skip
    return Response(status_code=204)


def _owner(request: Request) -> Principal:
    who = principal_of(request)
    if who.user is None:
        raise NotFound(f"The token of {who.name!r} is no user's: a mailbox is its user's alone.")
    return who


async def _message(request: Request, who: Principal) -> Message:
    """The message of the address, which must be in the own box: the switch would take any."""
    wanted = request.path_params["message"]
    found = next((one for one in await _list(request, who) if one.message == wanted), None)
    if found is None:
        raise NotFound(f"There is no message {wanted[:60]!r} in the mailbox: it may have been deleted at the phone.")
    return found


async def _list(request: Request, who: Principal) -> list[Message]:
    assert who.user is not None
    user, _, domain = who.user.partition("@")
    answer = await _asked(request, who, Asked("list", who.user))
    return listed(answer.text, user, domain) if answer.good else []


async def _done(request: Request, who: Principal, verb: str, message: str) -> None:
    assert who.user is not None
    answer = await _asked(request, who, msgspec.convert({"verb": verb, "box": who.user, "message": message}, Asked))
    if not answer.good:
        raise Unavailable(f"The switch did not do it: {answer.text.strip()[:200]}")


async def _asked(request: Request, who: Principal, asked: Asked) -> Answer:
    """Have the bridge ask the user's switch; raises `Unavailable` when nobody answers."""
    services = services_of(request)
    configured = tuple(switch.node for switch in services.site.settings.switches)

    def put(connection: Connection) -> UUID:
        return mailboxes.ask(connection, switch_for(connection, asked.box, None, who, configured), asked)

    question, until = await services.with_connection(put), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = await services.with_connection(lambda connection: mailboxes.answered(connection, question))
        if answer is not None:
            return answer
        await asyncio.sleep(LOOK)
    raise Unavailable("The switch did not answer about the mailbox: it may not be linked. Try again in a moment.")
