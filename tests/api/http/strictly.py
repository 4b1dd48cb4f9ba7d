"""Events held against the schema that is served of their type, with no room for fields that it does not name."""

import json
from typing import Any

import jsonschema

from api.http import event_schemas
from projections.published.catalogue import CATALOGUE

DIALECT = jsonschema.Draft202012Validator


def closed(schema: Any) -> Any:
    """The schema, with no room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: value if key == "examples" else closed(value) for key, value in schema.items()}
    return inner | ({"additionalProperties": False} if "properties" in inner and "title" in inner else {})


def checker(name: str) -> jsonschema.protocols.Validator:
    """Holds whole events against what is served of their type, strictly."""
    document = json.loads(json.dumps(event_schemas.document(CATALOGUE[name])))
    data = {key: value for key, value in document.items() if key not in ("$defs", "$id", "$schema")}
    parts = document["$defs"] | {"data": data}
    parts["CloudEvent"]["properties"]["data"] = {"$ref": "#/$defs/data"}
    strict = {"$ref": "#/$defs/CloudEvent", "$defs": {key: closed(value) for key, value in parts.items()}}
    return DIALECT(strict, format_checker=DIALECT.FORMAT_CHECKER)
