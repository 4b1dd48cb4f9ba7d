"""Each type of published event as JSON Schema (2020-12), made from the catalogue: its data, and the whole CloudEvent.

`/v1/schemas/{type}` is the schema of the data, which events name as their `dataschema`; the event around it stands in
its `$defs`.
"""

from typing import Any

from api.http.endpoints.streams import schemas
from api.http.openapi.parts import Schema, of_structs
from projections.published.catalogue import CATALOGUE
from projections.published.envelope import dataschema
from projections.published.event_type import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def address(name: str) -> str:
    """Where the schema of a type is served."""
    return f"/v1/schemas/{name}"


def data_schema(kind: EventType, place: str) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a type's data, and those that it refers to as lying at a place."""
    parts = of_structs(kind.data, place=place)
    return parts.pop(kind.data.__name__), parts


def cloud_event(*without: str, **properties: Schema) -> Schema:
    """The schema of a CloudEvent of ours, without some of its properties, and with what is known better of others."""
    described: Schema = schemas()["CloudEvent"]
    known = {name: value for name, value in described["properties"].items() if name not in without}
    required = [name for name in described["required"] if name not in without]
    return described | {"required": required, "properties": known | properties}


def event_schema(kind: EventType, data: Schema) -> Schema:
    """The schema of the whole event, with that of its data."""
    named = cloud_event(type={"const": kind.name}, dataschema={"const": dataschema(kind.name)}, data=data)
    return {"title": kind.name, "description": kind.sentence} | named


def document(kind: EventType) -> Schema:
    """What is served of a type."""
    data, parts = data_schema(kind, "#/$defs/")
    event = event_schema(kind, {"$ref": "#"}) | {"examples": [kind.example]}
    return {
        "$schema": DIALECT,
        "$id": dataschema(kind.name),
        **data,
        "title": kind.name,
        "description": kind.sentence,
        "examples": [kind.example["data"]],
        "$defs": parts | {"CloudEvent": event},
    }


def listing() -> dict[str, Any]:
    """Every type with what it means."""
    types = [
        {
            "name": kind.name,
            "family": kind.family,
            "sentence": kind.sentence,
            "schema": address(kind.name),
            "dataschema": dataschema(kind.name),
        }
        for kind in CATALOGUE.values()
    ]
    return {"types": types}
