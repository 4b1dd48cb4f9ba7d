"""Logging in and out."""

from typing import Any

from api.access.login import LoginBody
from api.http.openapi.parts import (
    OPEN,
    PROBLEM,
    REFUSED,
    TEXT,
    TIME,
    answer,
    body,
    listed,
    of_structs,
    operation,
    record,
    ref,
)
from api.principal import SCOPES


def paths() -> dict[str, Any]:
    given = record(
        ["token", "user", "tenant", "scopes", "expires_at", "seconds"],
        token={"type": "string", "description": "To be sent as `Authorization: Bearer ...`; told this once"},
        user=TEXT,
        tenant={"type": "string", "description": "The company that it is limited to"},
        scopes=listed({"enum": sorted(SCOPES)}),
        expires_at=TIME,
        seconds={"type": "integer", "description": "until it expires"},
    )
    return {
        "/v1/login": operation(
            "post",
            "login",
            "A token of 12 hours for a user of the registry: read, subscribe and control, of the user's company",
            {
                "200": answer("The user is let in", given),
                "400": PROBLEM,
                "401": PROBLEM,
                "403": PROBLEM,
                "429": PROBLEM,
                "503": PROBLEM,
            },
            sends=body(ref("LoginBody")),
            security=OPEN,
        ),
        "/v1/logout": operation(
            "post",
            "logout",
            "End the token of a login, with all streams that it opened",
            {"204": answer("It is ended"), "403": PROBLEM, "404": PROBLEM} | REFUSED,
        ),
    }


def schemas() -> dict[str, Any]:
    return of_structs(LoginBody)
