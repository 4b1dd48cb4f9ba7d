"""POST /v1/login and /v1/logout: a token for a user's password, and the end of it."""

import math
from datetime import UTC

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.access import store
from api.access.bearers import Bearer
from api.access.login import LASTING, LoginBody, Logins, log_in
from api.access.token import Token
from api.errors import BadArgument, Forbidden
from api.http.bodies import decoded
from api.site import Site

LONGEST_BODY = 4096
PATIENCE = 2.0


async def login(request: Request) -> Response:
    logins: Logins = request.app.state.logins
    here: Site = request.app.state.site
    address = request.client.host if request.client is not None else "unknown"
    given = await _body(request)
    logins.admit(given.user, address)

    def within() -> tuple[Token, str]:
        with request.app.state.pool.connection(PATIENCE) as connection:
            return log_in(connection, here.settings, request.app.state.registry, given)

    made, text = await run_in_threadpool(within)
    assert made.expires_at is not None
    told = {
        "token": text,
        "user": made.name,
        "tenant": made.tenant,
        "scopes": made.scopes,
        "expires_at": made.expires_at.astimezone(UTC),
        "seconds": math.floor(LASTING.total_seconds()),
    }
    return Response(msgspec.json.encode(told), media_type="application/json")


async def logout(request: Request) -> Response:
    bearer: Bearer | None = request.scope.get("bearer")
    if bearer is None or bearer.token is None or bearer.token.kind != "login":
        raise Forbidden("This token was not given by a login: `harmony tokens revoke` ends it.")
    token = bearer.token

    def within() -> None:
        with request.app.state.pool.connection(PATIENCE) as connection:
            store.revoke(connection, token.name, str(token.token_id))

    await run_in_threadpool(within)
    return Response(status_code=204)


async def _body(request: Request) -> LoginBody:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_BODY:
            raise BadArgument(f"The body is longer than {LONGEST_BODY} bytes: it holds user and password only.")
    try:
        return decoded(content, LoginBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's own words could repeat the password.
        raise BadArgument('The body is JSON such as {"user": "1001@alpha.example", "password": "..."}.') from None


ROUTES = [
    Route("/v1/login", login, methods=["POST"], name="login"),
    Route("/v1/logout", logout, methods=["POST"], name="logout"),
]
