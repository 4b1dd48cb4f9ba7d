"""Logging in and out, and whose token it is that a program holds."""

from typing import Any

from api.access.login import LoginBody
from api.access.principal import SCOPES
from api.http import access, session
from api.http.endpoint import Endpoint, Family, Takes
from api.http.openapi.parts import TEXT, TIME, answer, listed, of_structs, query, record
from core.roles import ROLES

_SCOPES = listed({"enum": sorted(SCOPES)})
_LOGGED_IN = record(
    ["token", "user", "tenant", "scopes", "expires_at", "seconds"],
    token={"type": "string", "description": "To be sent as `Authorization: Bearer ...`; told this once"},
    user=TEXT,
    tenant={"type": "string", "description": "The company that it is limited to"},
    scopes=_SCOPES,
    expires_at=TIME,
    seconds={"type": "integer", "description": "until it expires"},
)
_BEARER = record(
    ["name", "tenant", "scopes", "role", "user", "supervises"],
    name=TEXT,
    tenant={"type": ["string", "null"], "description": "The company that it is limited to; null: all of them"},
    scopes=_SCOPES,
    role={"enum": list(ROLES), "description": "What its bearer is"},
    user={"type": ["string", "null"], "description": "The user who it is; null: nobody, but a program"},
    supervises={
        "description": "The agents, members and queues of a supervisor; null: of nobody else",
        "anyOf": [record(["users", "queues"], users=listed(TEXT), queues=listed(TEXT)), {"type": "null"}],
    },
)


def _schemas() -> dict[str, Any]:
    return of_structs(LoginBody, session.SessionBody)


FAMILY = Family(
    "access",
    "Tokens: logging in and out, and whose a token is",
    (
        Endpoint(
            name="access_login",
            method="post",
            path="/v1/login",
            says="A token of 12 hours for a user of the registry: read, subscribe and control, of the user's company",
            scope="open",
            handler=access.login,
            # The decoder's own words could repeat the password.
            body=Takes(kind=LoginBody, longest=4096, example='{"user": "1001@alpha.example", "password": "..."}'),
            answers={"200": answer("The user is let in", _LOGGED_IN)},
            problems=(400, 401, 403, 429, 503),
            shows="nothing",
        ),
        Endpoint(
            name="access_logout",
            method="post",
            path="/v1/logout",
            says="End the token of a login, with all streams that it opened",
            scope="token",
            handler=access.logout,
            answers={"204": answer("It is ended")},
            problems=(404,),
            shows="nothing",
        ),
        Endpoint(
            name="session_begin",
            method="post",
            path="/v1/session",
            says="A browser signs in: its session is a cookie, which counts for pages of this server alone",
            scope="open",
            handler=session.begin,
            body=Takes(
                kind=session.SessionBody,
                longest=4096,
                strict=True,
                example='{"user": "1001@alpha.example", "password": "..."} or {"token": "..."}',
            ),
            answers={"200": answer("Who it is, with the cookie of the session", _BEARER)},
            problems=(400, 401, 403, 429, 503),
            shows="nothing",
        ),
        Endpoint(
            name="session_end",
            method="delete",
            path="/v1/session",
            says="A browser signs out: its session ends with all streams that it opened",
            scope="token",
            handler=session.end,
            parameters=(query("everywhere", "true: all sessions and log-ins of this person", {"type": "boolean"}),),
            answers={"204": answer("It is ended")},
            shows="nothing",
        ),
        Endpoint(
            name="access_whoami",
            method="get",
            path="/v1/whoami",
            says="Whose token this is, and what it may do",
            scope="token",
            handler=access.whoami,
            answers={"200": answer("Its bearer", _BEARER)},
            shows="nothing",
        ),
    ),
    _schemas,
)
