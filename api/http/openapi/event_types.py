"""What types of events there are, each with its JSON Schema; and the description of how events come."""

from typing import Any

from api.http.openapi.parts import PROBLEM, REFUSED, TEXT, answer, get, listed, path_part, record, ref
from projections.published.catalogue import CATALOGUE

EXAMPLE = "call.transferred"


def paths() -> dict[str, Any]:
    name = path_part("type", "the type of an event") | {"example": EXAMPLE}
    return {
        "/v1/schemas": get("schemas", "Types of events", {"200": answer("They", ref("EventTypes"))} | REFUSED),
        "/v1/schemas/{type}": get(
            "schema",
            "JSON Schema of the data of a type of events, and in its $defs of the whole CloudEvent, with an example",
            {"200": answer("It", {"type": "object"}, "application/schema+json"), "404": PROBLEM} | REFUSED,
            [name],
        ),
        "/asyncapi.json": get(
            "asyncapi",
            "AsyncAPI 3.1: server-sent events, WebSocket, webhooks, and every message on them",
            {"200": answer("It", {"type": "object"}), "401": PROBLEM},
        ),
    }


def schemas() -> dict[str, Any]:
    entry = record(
        ["name", "family", "sentence", "schema"],
        name={"enum": list(CATALOGUE)},
        family=TEXT,
        sentence=TEXT | {"description": "What such an event says"},
        schema=TEXT | {"format": "uri-reference", "description": "Where its JSON Schema is"},
    )
    return {"EventTypes": record(["types"], types=listed(entry))}
