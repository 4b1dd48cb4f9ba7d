"""The description of this interface for programs (OpenAPI 3.1), made from the table of filters that the routes use."""

from typing import Any

import msgspec

from api.filters import FILTERS, TIMES, Filter
from projections.callflow.document import Call

KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "choice": {"type": "string"},
    "yes": {"type": "boolean"},
    "time": {"type": "string"},
    "seconds": {"type": "number", "minimum": 0},
}


def _parameter(item: Filter) -> dict[str, Any]:
    schema = KINDS[item.kind] | ({"enum": list(item.choices)} if item.choices else {})
    says = item.says + (TIMES if item.kind == "time" else "")
    return {"name": item.name, "in": "query", "description": says, "schema": schema}


def _query(name: str, says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": schema}


def _answer(says: str, schema: dict[str, Any] | None = None, kind: str = "application/json") -> dict[str, Any]:
    return {"description": says, **({"content": {kind: {"schema": schema}}} if schema is not None else {})}


PROBLEM = {"$ref": "#/components/responses/Problem"}
CALL = {"$ref": "#/components/schemas/Call"}
POSITION = {"type": "integer", "description": "All events up to this position of the switch log are in the answer"}


def _object(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _get(name: str, says: str, answers: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> Any:
    operation: dict[str, Any] = {"operationId": name, "summary": says, "responses": answers}
    if parameters:
        operation["parameters"] = parameters
    return {"get": operation}


def _with_instants(schema: Any) -> Any:
    """Documents are rendered with instants as text: say so wherever the value has an integer named for one."""
    if isinstance(schema, dict):
        properties = schema.get("properties", {})
        for name in [n for n in properties if n == "at" or n.endswith("_at")]:
            nullable = "null" in str(properties[name])
            properties[name] = {"type": ["string", "null"] if nullable else "string", "format": "date-time"}
        return {key: _with_instants(value) for key, value in schema.items()}
    return [_with_instants(item) for item in schema] if isinstance(schema, list) else schema


def document() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([Call], ref_template="#/components/schemas/{name}")
    schemas["Problem"] = _object(
        ["type", "title", "status", "detail", "code"],
        type={"type": "string"},
        title={"type": "string"},
        status={"type": "integer"},
        detail={"type": "string", "description": "One sentence: what, where, what to do"},
        code={"type": "string", "description": "Stable"},
    )
    schemas["Health"] = _object(
        ["status", "degraded"],
        status={"enum": ["ok", "degraded"]},
        degraded={"type": "array", "items": {"type": "string"}, "description": "Codes of what is wrong"},
        problems={"type": "array", "items": {"type": "string"}, "description": "The same in sentences"},
    )
    calls = {"type": "array", "items": CALL}
    following = {"type": ["string", "null"], "description": "`after` of the next page; null on the last"}
    page = _object(["position", "next", "calls"], position=POSITION, next=following, calls=calls)
    live = _object(["position", "current", "calls"], position=POSITION, current={"type": "boolean"}, calls=calls)
    listed = [
        *(_parameter(item) for item in FILTERS),
        _query("time_zone", "IANA zone in which times without an offset are meant", {"type": "string"}),
        _query("limit", "calls a page", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
        _query("after", "`next` of the page before", {"type": "string"}),
        _query("view", "whole documents, or flat rows as in cdr_call", {"enum": ["document", "summary"]}),
    ]
    path_id = {"name": "call_id", "in": "path", "required": True, "schema": {"type": "string"}}
    health = {"$ref": "#/components/schemas/Health"}
    refused = {"401": PROBLEM, "503": PROBLEM}
    paths = {
        "/v1/calls": _get(
            "calls", "Calls, newest first", {"200": _answer("A page", page), "400": PROBLEM} | refused, listed
        ),
        "/v1/calls/{call_id}": _get(
            "call",
            "One call",
            {
                "200": _answer("The call", CALL),
                "304": _answer("It is still the version of If-None-Match"),
                "308": _answer("It was merged into another call, or the id is that of a leg: see Location"),
                "404": PROBLEM,
            }
            | refused,
            [path_id],
        ),
        "/v1/live": _get("live", "The calls that are live now", {"200": _answer("They", live)} | refused),
        "/v1/live/stream": _get(
            "stream",
            "Server-sent events: snapshot, then call, ended, merged, and health every two seconds",
            {"200": _answer("The stream", {"type": "string"}, "text/event-stream"), "401": PROBLEM},
        ),
        "/livez": _get("livez", "The process answers", {"200": _answer("It does", {"type": "object"})}),
        "/readyz": _get(
            "readyz",
            "Whether calls can be read, and what is degraded",
            {"200": _answer("They can", health), "503": _answer("They cannot", health)},
        ),
        "/metrics": _get(
            "metrics", "Figures for Prometheus", {"200": _answer("Text", {"type": "string"}, "text/plain")} | refused
        ),
        "/openapi.json": _get("openapi", "This", {"200": _answer("This", {"type": "object"}), "401": PROBLEM}),
    }
    for path in ("/livez", "/readyz"):
        paths[path]["get"]["security"] = [{}, {"token": []}]
    problem = _answer("Refused", {"$ref": "#/components/schemas/Problem"}, "application/problem+json")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Harmony", "version": "1", "description": "Calls of FreeSWITCH switches, told right."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _with_instants(schemas),
            "responses": {"Problem": problem},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


DOCUMENT = msgspec.json.encode(document())
