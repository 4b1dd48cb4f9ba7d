"""POST and DELETE /v1/session: a browser signs in and out. The token is in a cookie that no script has."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from psycopg import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.access import installation_token, store
from api.access.bearers import Bearer
from api.access.login import LONGEST, LoginBody
from api.access.session import LASTING, cookie_name, own
from api.access.token import Token
from api.errors import BadArgument, Forbidden
from api.http.access import admitted, remembered, told_of
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.services import services_of


class SessionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in: a user with a password, or the bearer of a token."""

    user: Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[^@\x00]+@[^@\x00]+$")] | None = None
    """with the company's domain: 1001@alpha.example"""
    password: Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[^\x00]*$")] | None = None
    """of the user's entry in the registry, not of the phone"""
    token: Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[!-~]+$")] | None = None
    """an access token instead of both"""


class BadToken(Forbidden):
    """What was given as a token is none."""

    code = "session.bad-token"
    status = 401


async def begin(request: Request) -> Response:
    if not own(request.headers, request.method):
        raise Forbidden("Only a page of this server signs in here; a program logs in at /v1/login.")
    given = await body_of(request, SessionBody)
    services, fresh = services_of(request), ""
    before: Bearer | None = request.scope.get("bearer")
    if given.token is not None and given.user is None and given.password is None:
        made, text = await _of_token(request, given.token)
    elif given.user is not None and given.password is not None and given.token is None:
        made, text, fresh = await admitted(request, LoginBody(given.user, given.password), "session")
    else:
        raise BadArgument("Give user and password, or a token.")
    await _end(request, before)
    bearer = await services.bearers(text)
    if bearer is None:
        raise Forbidden("This user may not use the system.")
    answer = encoded(told_of(bearer.principal))
    age = int((made.expires_at - datetime.now(UTC)).total_seconds()) if made.expires_at else LASTING.seconds
    scheme = request.url.scheme
    answer.set_cookie(
        cookie_name(scheme), text, age, path="/", secure=scheme == "https", httponly=True, samesite="strict"
    )
    remembered(answer, fresh, scheme == "https")
    return answer


async def _of_token(request: Request, text: str) -> tuple[Token, str]:
    services = services_of(request)
    bearer = await services.bearers(text)
    if bearer is None or (bearer.token is not None and bearer.token.kind == "session"):
        raise BadToken("This token is not good: it was mistyped, revoked, or has expired.")
    kept = bearer.token
    parent = str(kept.token_id) if kept is not None else installation_token.mark(services.site.data)
    return await services.with_connection(
        lambda connection: store.session_of(connection, parent, bearer.principal, kept, LASTING)
    )


async def end(request: Request) -> Response:
    bearer: Bearer | None = request.scope.get("bearer")
    if bearer is None or bearer.token is None or bearer.token.kind != "session":
        raise Forbidden("This is no session of a browser: a login ends at /v1/logout.")
    everywhere = request.query_params.get("everywhere", "false")
    if everywhere not in ("true", "false"):
        raise BadArgument("everywhere is true or false.")
    await _end(request, bearer, everywhere == "true")
    answer = Response(status_code=204)
    answer.delete_cookie(cookie_name(request.url.scheme), path="/")
    return answer


async def _end(request: Request, bearer: Bearer | None, everywhere: bool = False) -> None:
    """End a session, or all of its person's."""
    token = None if bearer is None else bearer.token
    if token is None or token.kind != "session":
        return

    def within(connection: Connection[Any]) -> None:
        store.end_session(connection, token, everywhere)

    await services_of(request).with_connection(within)
