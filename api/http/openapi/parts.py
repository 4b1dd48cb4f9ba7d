"""What descriptions of routes are made of: parameters, bodies, answers, schemas of structs."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from api.http.openapi.fields import described, structs_in

Schema = dict[str, Any]
"""a JSON Schema of the dialect 2020-12, as OpenAPI 3.1 has it"""

JSON = "application/json"
PROBLEM: Schema = {"$ref": "#/components/responses/Problem"}
"""the answer with a problem document"""
POSITION: Schema = {
    "type": "integer",
    "description": "All events up to this position of the switch log are in the answer",
}
TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
WITHOUT_NUL: Schema = {"pattern": "^[^\\u0000]*$"}
"""of a text: nothing that is stored has a NUL, so that it is refused wherever it could be looked for"""
MOMENT: Schema = {"type": "string", "format": "moment"}
"""a time as people write it: 2026-11-23T08:51:00Z, 2026-11-23, today, 2h (ago)"""
TIME_ZONE: Schema = {"type": "string", "format": "time-zone"}
"""a name of the IANA data base"""
INSTANT = re.compile(r"(^|_)(at|since|until|deadline)$")
"""how fields are named that hold one"""
PAGE: Schema = {"type": "string", "format": "page"}
"""where the next page of a list begins, as an answer gave it"""
CURSOR: Schema = {"type": "string", "format": "cursor"}
"""where a reader of a log stands, as an event or an answer gave it"""


def ref(name: str) -> Schema:
    """A schema of `components` by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def record(required: Sequence[str], **properties: Schema) -> Schema:
    """The schema of an object."""
    return {"type": "object", "required": list(required), "properties": properties}


def query(name: str, says: str, schema: Schema, *, required: bool = False) -> Schema:
    plain = schema.get("type") == "string" and not schema.keys() & {"enum", "format", "pattern"}
    return _given("query", name, says, schema | WITHOUT_NUL if plain else schema, required)


def header(name: str, says: str, schema: Schema, *, required: bool = False) -> Schema:
    return _given("header", name, says, schema, required)


def path_part(name: str, says: str, schema: Schema = TEXT) -> Schema:
    return _given("path", name, says, schema, True)


def _given(where: str, name: str, says: str, schema: Schema, required: bool) -> Schema:
    given = {"name": name, "in": where, "description": says, "schema": schema}
    return given | ({"required": True} if required else {})


def body(schema: Schema, kind: str = JSON, *, required: bool = True) -> Schema:
    """What a request carries."""
    return {"required": required, "content": {kind: {"schema": schema}}}


EVENT_STREAM: Schema = {"content": {"text/event-stream": {}}}
"""server-sent events: what they are is in /asyncapi.json"""


def answer(says: str, schema: Schema | None = None, kind: str = JSON, headers: Schema | None = None) -> Schema:
    described: Schema = {"description": says}
    if schema is not None:
        described["content"] = {kind: {"schema": schema}}
    if headers:
        described["headers"] = headers
    return described


def of_structs(*types: type, instants: bool = True, place: str = "#/components/schemas/") -> dict[str, Schema]:
    """The schemas of structs and of all that they hold, by name; they refer to each other as lying at a place.

    With `instants` whatever is named for an instant (`at`, `started_at`, `since`) is a text with date and time, as
    documents are rendered, although the struct holds microseconds or a `datetime`.
    """
    _, schemas = msgspec.json.schema_components(types, ref_template=place + "{name}")
    structs = structs_in(*types)
    for name in schemas.keys() & structs.keys():
        schemas[name] = described(schemas[name], structs[name])
    return {name: with_instants(schema) if instants else schema for name, schema in schemas.items()}


def with_instants(schema: Any) -> Any:
    """The schema, with each integer property that is named for an instant turned into a text with date and time."""
    if isinstance(schema, list):
        return [with_instants(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    properties = schema.get("properties")
    turned = {key: with_instants(value) for key, value in schema.items()}
    if isinstance(properties, dict):
        for name, value in properties.items():
            if INSTANT.search(name):
                says = {key: value[key] for key in ("description",) if key in value}
                nullable = {"type": ["string", "null"]} if _nullable(value) else {}
                turned["properties"][name] = TIME | nullable | says
    return turned


def _nullable(schema: Schema) -> bool:
    return schema.get("type") == "null" or any(_nullable(choice) for choice in schema.get("anyOf", []))
