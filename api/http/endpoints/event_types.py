"""What types of events there are, each with its JSON Schema; and the descriptions of this interface."""

from typing import Any

from api.http import schemas
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import TEXT, answer, listed, path_part, record, ref
from projections.published.catalogue import CATALOGUE

EXAMPLE = "call.transferred"
_OBJECT = {"type": "object"}


def _schemas() -> dict[str, Any]:
    entry = record(
        ["name", "family", "sentence", "schema", "dataschema"],
        name={"enum": list(CATALOGUE)},
        family=TEXT,
        sentence=TEXT | {"description": "What such an event says"},
        schema=TEXT | {"format": "uri-reference", "description": "Where its JSON Schema is"},
        dataschema=TEXT | {"format": "uri", "description": "What its JSON Schema is called, in itself and in events"},
    )
    return {"EventTypes": record(["types"], types=listed(entry))}


FAMILY = Family(
    "descriptions",
    "Types of events with their JSON Schemas, and this interface for programs",
    (
        Endpoint(
            name="schemas_list",
            method="get",
            path="/v1/schemas",
            says="Types of events",
            scope="read",
            handler=schemas.schemas,
            answers={"200": answer("They", ref("EventTypes"))},
            shows="nothing",
        ),
        Endpoint(
            name="schemas_get",
            method="get",
            path="/v1/schemas/{type}",
            says="JSON Schema of the data of a type of events; of the whole CloudEvent in its $defs, with an example",
            scope="read",
            handler=schemas.schema,
            parameters=(path_part("type", "the type of an event") | {"example": EXAMPLE},),
            answers={"200": answer("It", _OBJECT, "application/schema+json")},
            problems=(404,),
            shows="nothing",
        ),
        Endpoint(
            name="descriptions_asyncapi",
            method="get",
            path="/asyncapi.json",
            says="AsyncAPI 3.1: server-sent events, WebSocket, webhooks, and every message on them",
            scope="open",
            handler=schemas.described_events,
            answers={"200": answer("It", _OBJECT)},
            shows="nothing",
        ),
        Endpoint(
            name="descriptions_openapi",
            method="get",
            path="/openapi.json",
            says="This",
            scope="open",
            handler=schemas.described,
            answers={"200": answer("This", _OBJECT)},
            shows="nothing",
        ),
    ),
    _schemas,
)
