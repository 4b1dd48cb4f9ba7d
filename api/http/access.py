"""POST /v1/login and /v1/logout: a token for a user's password, and the end of it. /v1/whoami: whose a token is."""

import math
from datetime import UTC
from typing import Any

from psycopg import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.access import devices, store
from api.access.bearers import Bearer
from api.access.login import LASTING, LoginBody, log_in
from api.access.principal import Principal, principal_of
from api.access.token import Kind, Token
from api.errors import Forbidden
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.door.clients import counted
from api.http.services import services_of


async def admitted(request: Request, given: LoginBody, kind: Kind = "login") -> tuple[Token, str, str]:
    """The token of a user whose password is right, its text, and what the browser is known by from now on ("": as now).

    Raises what `log_in` does, and `TooOften`.
    """
    services = services_of(request)
    address = counted(request.client.host if request.client is not None else "")
    user, home = given.user.lower(), devices.address_mark(address)
    device = devices.device_mark(request.cookies.get(devices.COOKIE, ""))
    marks = [home] if device is None else [home, device]
    known = await services.with_connection(lambda connection: devices.known(connection, user, marks))
    attempt = services.logins.admit(given.user, address, device if device in known else None, home in known)
    fresh = "" if device in known else devices.fresh()
    keep = [home, devices.device_mark(fresh) or device or home]

    def within(connection: Connection[Any]) -> tuple[Token, str]:
        made = log_in(connection, services.site.settings, services.registry, given, kind)
        devices.remember(connection, user, keep)
        return made

    made, text = await services.with_connection(within)
    attempt.succeeded()
    return made, text, fresh


def remembered(answer: Response, fresh: str, secure: bool) -> None:
    """Have the browser known by something of its own."""
    if fresh:
        age = devices.DAYS * 86_400
        answer.set_cookie(devices.COOKIE, fresh, age, path="/v1", secure=secure, httponly=True, samesite="strict")


async def login(request: Request) -> Response:
    made, text, fresh = await admitted(request, await body_of(request, LoginBody))
    assert made.expires_at is not None
    answer = encoded(
        {
            "token": text,
            "user": made.name,
            "tenant": made.tenant,
            "scopes": made.scopes,
            "expires_at": made.expires_at.astimezone(UTC),
            "seconds": math.floor(LASTING.total_seconds()),
        }
    )
    remembered(answer, fresh, request.url.scheme == "https")
    return answer


async def logout(request: Request) -> Response:
    bearer: Bearer | None = request.scope.get("bearer")
    if bearer is None or bearer.token is None or bearer.token.kind != "login":
        raise Forbidden("This token was not given by a login: `harmony tokens revoke` ends it.")
    token = bearer.token
    await services_of(request).with_connection(
        lambda connection: store.revoke(connection, token.name, str(token.token_id))
    )
    return Response(status_code=204)


async def whoami(request: Request) -> Response:
    """So that a program (the page) offers nothing that is refused."""
    return encoded(told_of(principal_of(request)))


def told_of(who: Principal) -> dict[str, Any]:
    """What a program is told of its own token."""
    return {
        "name": who.name,
        "tenant": who.tenant,
        "scopes": sorted(who.scopes),
        "role": who.role,
        "user": who.user,
        "supervises": who.standing.supervised if who.standing is not None and who.role == "supervisor" else None,
    }
