"""The ways into the logs: pull and server-sent events. The WebSocket is in /asyncapi.json."""

from typing import Any

from api.http.openapi.parts import (
    CURSOR,
    EVENT_STREAM,
    PROBLEM,
    REFUSED,
    TEXT,
    Schema,
    answer,
    get,
    header,
    listed,
    query,
    record,
    ref,
)
from api.streams.asked import LONGEST_WAIT, MOST, PARAMETERS, USUAL, Parameter

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


def paths() -> dict[str, Any]:
    answers = REFUSED | {"400": PROBLEM, "403": PROBLEM, "410": PROBLEM}
    streamed = [_parameter(item) for item in _DESCRIBED if not item.pull_only]
    resumed = header("Last-Event-ID", "the id of the last message seen; wins over after", CURSOR)
    return {
        "/v1/events": get(
            "events",
            "Events behind a cursor, oldest first; each at least once, and in order",
            {"200": answer("A page", ref("EventPage"))} | answers,
            [_parameter(item) for item in _DESCRIBED],
        ),
        "/v1/stream": get(
            "event_stream",
            "Events as server-sent events, with the marks caught-up, fell-behind, checkpoint, closed",
            {"200": answer("The stream") | EVENT_STREAM} | answers,
            [*streamed, resumed],
        ),
    }


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
        dataschema=TEXT | {"format": "uri-reference"},
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
