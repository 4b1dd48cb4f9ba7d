"""An operation of the OpenAPI document, from the record of an endpoint."""

import re
from typing import Any

from api.http.endpoint import Endpoint
from api.http.openapi.parts import PROBLEM, Schema, body, ref

AT_THE_DOOR = (400, 401, 403, 503)
"""problems that everything behind the token may answer: the query, the token, what it may do, the database"""
ANYBODY: list[Schema] = [{}, {"token": []}]
"""`security` of what answers also without a token"""


def path_of(record: Endpoint) -> str:
    """The path as descriptions write it."""
    return re.sub(r":\w+}", "}", record.path)


def operation_of(record: Endpoint, tag: str) -> dict[str, Any]:
    door = () if record.scope == "open" else AT_THE_DOOR
    shared = () if record.share == "usual" else (429,)
    problems = {str(status): PROBLEM for status in sorted({*door, *record.problems, *shared})}
    described: dict[str, Any] = {
        "operationId": record.name,
        "tags": [tag],
        "summary": record.says,
        "security": _security(record),
        "responses": record.answers | problems,
    }
    if record.parameters:
        described["parameters"] = list(record.parameters)
    if record.body is not None:
        described["requestBody"] = body(ref(record.body.kind.__name__), required=not record.body.optional)
    return described


def _security(record: Endpoint) -> list[Schema]:
    """With the scope that the token must have: a role in the words of OpenAPI 3.1."""
    if record.scope == "open":
        return ANYBODY
    return [{"token": [] if record.scope == "token" else [record.scope]}]
