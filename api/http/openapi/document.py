"""The whole OpenAPI document, of the families of routes that are named here."""

from types import ModuleType
from typing import Any

import msgspec

from api.http.openapi import (
    access,
    calls,
    commands,
    event_types,
    hooks,
    operating,
    provision,
    self_service,
    state,
    streams,
    whoami,
)
from api.http.openapi.parts import TEXT, answer, record, ref

FAMILIES: tuple[ModuleType, ...] = (
    access,
    calls,
    commands,
    event_types,
    hooks,
    operating,
    provision,
    self_service,
    state,
    streams,
    whoami,
)
"""each has `paths()` and `schemas()`; a new family of routes is a new file here and its name in this line"""


def document() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": PROBLEM_DOCUMENT}
    for family in FAMILIES:
        for path, item in family.paths().items():
            _add(paths.setdefault(path, {}), item, f"{family.__name__}: {path}")
        _add(schemas, family.schemas(), family.__name__)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Harmony", "version": "1", "description": "Calls of FreeSWITCH switches, told right."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": answer("Refused", ref("Problem"), "application/problem+json")},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _add(into: dict[str, Any], more: dict[str, Any], whose: str) -> None:
    """Two families may say the same, never something different under one name."""
    for name, value in more.items():
        if into.setdefault(name, value) != value:
            raise ValueError(f"{whose}: {name} is described differently by another family.")


PROBLEM_DOCUMENT = record(
    ["type", "title", "status", "detail", "code"],
    type=TEXT,
    title=TEXT,
    status={"type": "integer"},
    detail={"type": "string", "description": "One sentence: what, where, what to do"},
    code={"type": "string", "description": "Stable"},
)

DOCUMENT = msgspec.json.encode(document())
