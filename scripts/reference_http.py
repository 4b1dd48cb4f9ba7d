"""The page of the HTTP interface, from its OpenAPI description."""

from typing import Any

from reference_markdown import one_line, table

WORDS = {"string": "text", "boolean": "`true` or `false`", "integer": "whole number", "number": "number"}
FORMATS = {
    "date-time": "instant",
    "moment": "time",
    "uuid": "UUID",
    "time-zone": "time zone",
    "page": "text",
    "cursor": "cursor",
    "event-types": "types",
    "event-type": "type",
    "webhook-url": "URL",
}


def http() -> list[str]:
    """Every path with its parameters, body and answers."""
    from api.http.openapi import document

    described = document()
    lines = [
        "# HTTP",
        "",
        "JSON over HTTP/1.1, behind `Authorization: Bearer` and the access token that `harmony run` prints at its",
        "first start; what needs none says so. With all shapes, as OpenAPI 3.1: `GET /openapi.json`;",
        "streams, the WebSocket and webhooks as AsyncAPI 3.1: `GET /asyncapi.json`; [events](events.md) have a page.",
        "An error is a problem document (RFC 9457) with a stable `code`, see [error codes](errors.md).",
        "Instants are UTC in RFC 3339; calls are [call documents](call-document.md).",
    ]
    schemas = described["components"]["schemas"]
    for path, item in described["paths"].items():
        for method, operation in item.items():
            says = f"{one_line(operation['summary'])}. {_scope(operation['security'])}"
            lines += ["", f"## {method.upper()} {path}", "", says, ""]
            parameters = [given for given in operation.get("parameters", ()) if given["in"] != "path"]
            if parameters:
                rows = [
                    (_name(given), _schema(given["schema"]), one_line(given.get("description"))) for given in parameters
                ]
                lines += [*table(["parameter", "value", "about"], rows), ""]
            if body := operation.get("requestBody"):
                lines += [*_body(body, schemas), ""]
            answers = [
                (status, answer.get("description", "A problem document"))
                for status, answer in sorted(operation["responses"].items())
            ]
            lines += table(["status", "means"], answers)
    return lines


def _scope(security: list[dict[str, Any]]) -> str:
    """What a token must have."""
    if {} in security:
        return "No token is needed."
    (scopes,) = security[0].values()
    return f"Scope: `{scopes[0]}`." if scopes else "Any token."


def _name(given: dict[str, Any]) -> str:
    return f"`{given['name']}`" + (" (header)" if given["in"] == "header" else "")


def _body(body: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """The fields of a body."""
    (content,) = body["content"].values()
    schema = content["schema"]
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    # Where each choice is whole, all have the same fields, and any one of those that differ must be there.
    choices = schema.get("anyOf", [])
    required = schema.get("required", [])
    if choices:
        schema = choices[0]
    rows = [
        (
            f"`{name}`" + (" (required)" if name in required else ""),
            _schema(value),
            one_line(value.get("description") or _of_choices(value)),
        )
        for name, value in schema.get("properties", {}).items()
    ]
    if not rows:
        return ["The body is `{}`, or none."]
    one_of = " or ".join(f"`{name}`" for choice in choices for name in choice.get("required", []))
    return [
        *table(["field of the body", "value", "about"], rows),
        *(["", f"{one_of} must be there."] if one_of else []),
    ]


def _of_choices(schema: dict[str, Any]) -> str:
    return next((choice["description"] for choice in schema.get("anyOf", ()) if "description" in choice), "")


def _schema(schema: dict[str, Any]) -> str:
    """A schema in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(_schema(choice) for choice in schema["anyOf"] if choice.get("type") != "null")
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {_schema(schema['items'])}"
    text = FORMATS.get(schema.get("format", "")) or WORDS.get(str(schema.get("type")), str(schema.get("type")))
    if "maximum" in schema:
        text += f", {schema.get('minimum', 0):,} to {schema['maximum']:,}"
    return text
