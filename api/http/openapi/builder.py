"""The whole OpenAPI document, of families of endpoints."""

from collections.abc import Iterable
from typing import Any

from api.http.endpoint import Family
from api.http.openapi.operations import operation_of, path_of
from api.http.openapi.parts import TEXT, answer, record, ref


def described(families: Iterable[Family]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": PROBLEM_DOCUMENT}
    tags = []
    for family in families:
        there = [one for one in family.endpoints if one.described]
        for one in there:
            paths.setdefault(path_of(one), {})[one.method] = operation_of(one, family.tag)
        if there:
            tags.append({"name": family.tag, "description": family.says})
        for name, schema in family.schemas().items():
            # Two families may say the same, never something different under one name.
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"{family.tag}: {name} is described differently by another family.")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Harmony", "version": "1", "description": "Calls of FreeSWITCH switches, told right."},
        # Where the document was read from: an installation does not know by which names it is reached.
        "servers": [{"url": "/"}],
        "tags": tags,
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Problem": answer("Refused", ref("Problem"), "application/problem+json")},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


PROBLEM_DOCUMENT = record(
    ["type", "title", "status", "detail", "code"],
    type=TEXT,
    title=TEXT,
    status={"type": "integer"},
    detail={"type": "string", "description": "One sentence: what, where, what to do"},
    code={"type": "string", "description": "Stable"},
)
