"""The page of events, from the catalogue of what is published: every type with its data and one real example."""

import json
from typing import Any

from reference_markdown import one_line, table

PLACE = "#/parts/"
ENVELOPE = [
    ("`id`", "the same however often the event is sent or derived"),
    ("`source`", "the installation: `urn:harmony:` and its UUID"),
    ("`type`", "one of those below"),
    ("`dataschema`", "the name of the schema of `data`, `urn:harmony:schema:` and the type; see `/v1/schemas/{type}`"),
    ("`subject`", "what it is about, see the families"),
    ("`time`", "when it happened, by the switch's clock"),
    ("`tenant`", "the company; absent where it is for operators only"),
    ("`cursor`", "opaque: where to go on behind this event"),
    ("`data`", "by type"),
]


def events() -> list[str]:
    """Every type by family."""
    from api.http.event_schemas import data_schema
    from projections.published.catalogue import CATALOGUE, FAMILIES

    lines = [
        "# Events",
        "",
        "What happens is published in one log, in one order, and goes out as CloudEvents 1.0 in structured JSON:",
        "pulled (`GET /v1/events`), streamed (`/v1/stream`, the WebSocket `/v1/ws`, `harmony events tail`), or sent",
        "(webhooks). Delivery is at least once, in the order of the log. Fields may be added to `data`; a type keeps",
        "its meaning. `GET /v1/schemas/{type}` has each as JSON Schema (2020-12), `GET /asyncapi.json` all of them as",
        "AsyncAPI 3.1. The examples are what recorded calls publish.",
        "",
        *table(["field", "value"], ENVELOPE),
        "",
        "`call_id` and `direction` stand in the data of every event about a call, `switch` in those of all others, and",
        "`caused_position` in all: the position in the switch log of the event that caused it.",
    ]
    for family, about in FAMILIES.items():
        lines += ["", f"## {family}", "", about, ""]
        kinds = [kind for kind in CATALOGUE.values() if kind.family == family]
        lines += table(["type", "says"], [(f"[`{kind.name}`](#{_anchor(kind.name)})", kind.sentence) for kind in kinds])
        for kind in kinds:
            data, parts = data_schema(kind, PLACE)
            lines += ["", f"### {kind.name}", "", kind.sentence, ""]
            lines += table(["field of `data`", "value", "about"], _rows(data, parts))
            lines += ["", "```json", json.dumps(kind.example, indent=1, ensure_ascii=False), "```"]
    return lines


def _anchor(heading: str) -> str:
    """As Markdown makes it of a heading."""
    return heading.replace(".", "")


def _rows(schema: dict[str, Any], parts: dict[str, Any], before: str = "") -> list[tuple[str, str, str]]:
    rows = []
    for name, value in schema["properties"].items():
        about = one_line(value.get("description") or _in_choices(value))
        rows.append((f"`{before}{name}`", _value(value), about))
        for reference in _references(value):
            rows += _rows(parts[reference], parts, f"{before}{name}.")
    return rows


def _in_choices(schema: dict[str, Any]) -> str:
    return next((choice["description"] for choice in schema.get("anyOf", ()) if "description" in choice), "")


def _references(schema: dict[str, Any]) -> list[str]:
    found = [schema["$ref"].removeprefix(PLACE)] if "$ref" in schema else []
    return found + [one for choice in schema.get("anyOf", ()) for one in _references(choice)]


def _value(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_value(choice) for choice in schema["anyOf"])
    if "$ref" in schema:
        return "object"
    if isinstance(schema.get("type"), list):
        return " or ".join(_value(schema | {"type": kind}) if kind != "null" else "null" for kind in schema["type"])
    if schema.get("type") == "array":
        return f"list of {_value(schema['items'])}"
    if schema.get("format") == "date-time":
        return "instant"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", None: "anything"}
    return words.get(schema.get("type"), str(schema.get("type")))
