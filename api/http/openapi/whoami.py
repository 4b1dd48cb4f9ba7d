"""Whose token it is that a program holds."""

from typing import Any

from api.http.openapi.parts import REFUSED, TEXT, answer, get, listed, record
from api.principal import SCOPES


def paths() -> dict[str, Any]:
    who = record(
        ["name", "tenant", "scopes"],
        name=TEXT,
        tenant={"type": ["string", "null"], "description": "The company that it is limited to; null: all of them"},
        scopes=listed({"enum": sorted(SCOPES)}),
    )
    return {
        "/v1/whoami": get(
            "whoami", "Whose token this is, and what it may do", {"200": answer("Its bearer", who)} | REFUSED
        )
    }


def schemas() -> dict[str, Any]:
    return {}
