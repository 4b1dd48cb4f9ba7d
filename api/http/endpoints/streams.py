"""The ways into the logs: pull, server-sent events, and the WebSocket, which /asyncapi.json describes."""

from typing import Any

from api.http import streams
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import (
    CURSOR,
    EVENT_STREAM,
    TEXT,
    Schema,
    answer,
    header,
    listed,
    query,
    record,
    ref,
)
from api.streams.subscription import BATCH, LONGEST_WAIT, MOST, PARAMETERS, USUAL, Parameter

_SCHEMAS: dict[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "wait": {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
    "after": CURSOR,
    "types": {"type": "string", "format": "event-types"},
}
_DESCRIBED = [item for item in PARAMETERS if item.name != "user"]  # another name for party, so not both


def _parameter(item: Parameter) -> Schema:
    schema = _SCHEMAS.get(item.name, TEXT | {"minLength": 1})
    return query(item.name, item.says, {"enum": list(item.choices)} if item.choices else schema)


def schemas() -> dict[str, Any]:
    cloud_event = record(
        ["specversion", "id", "source", "type", "subject", "time", "cursor", "data"],
        specversion={"const": "1.0"},
        id=TEXT | {"description": "The same whenever the same event comes again"},
        source=TEXT | {"format": "uri"},
        type=TEXT,
        subject=TEXT,
        time=TEXT | {"format": "date-time"},
        datacontenttype={"const": "application/json"},
        dataschema=TEXT
        | {"format": "uri", "description": "The name of the schema of the data: urn:harmony:schema: and the type"},
        tenant=TEXT,
        cursor=CURSOR,
        data={"type": "object", "description": "What it is for each type: /v1/schemas"},
    )
    return {
        "CloudEvent": cloud_event,
        "EventPage": record(
            ["events", "next", "caught_up"],
            events=listed(ref("CloudEvent")),
            next=CURSOR | {"description": "`after` of the next question; also when nothing matched"},
            caught_up={"type": "boolean", "description": "Whether this is all that there is now"},
        ),
    }


_STREAMED = tuple(_parameter(item) for item in _DESCRIBED if not item.pull_only)
_ALSO = frozenset({"user"})
_RAW = frozenset({("log", "switch")})
"""raw events are of the whole installation"""
FAMILY = Family(
    "events",
    "The logs: pulled, as server-sent events, on a WebSocket",
    (
        Endpoint(
            name="events_list",
            method="get",
            path="/v1/events",
            says="Events behind a cursor, oldest first; each at least once, and in order",
            scope="subscribe",
            share="stream",
            waits="wait",
            handler=streams.events,
            parameters=tuple(_parameter(item) for item in _DESCRIBED),
            also=_ALSO,
            operators=_RAW,
            answers={"200": answer("A page", ref("EventPage"))},
            problems=(410,),
            shows="companies",
        ),
        Endpoint(
            name="events_stream",
            method="get",
            path="/v1/stream",
            says="Events as server-sent events, with the marks caught-up, fell-behind, checkpoint, closed",
            scope="subscribe",
            share="stream",
            handler=streams.stream,
            parameters=(
                *_STREAMED,
                header("Last-Event-ID", "the id of the last message seen; wins over after", CURSOR),
            ),
            also=_ALSO,
            operators=_RAW,
            answers={"200": answer("The stream") | EVENT_STREAM},
            problems=(410,),
            shows="companies",
        ),
        Endpoint(
            name="events_socket",
            method="websocket",
            path="/v1/ws",
            says="Events on a WebSocket",
            scope="subscribe",
            share="stream",
            handler=streams.websocket,
            parameters=(*_STREAMED, _parameter(BATCH)),
            also=_ALSO,
            operators=_RAW,
            problems=(410,),
            shows="companies",
            described=False,
        ),
    ),
    schemas,
)
