"""Calls: what was, what is live, and the stream of what changes. From the table of filters that the routes use."""

from importlib import resources
from typing import Any

import msgspec

from api.board import SAYS as BOARD_AT
from api.filters import FILTERS, TIMES, Filter
from api.http.openapi.parts import (
    EVENT_STREAM,
    MOMENT,
    PAGE,
    POSITION,
    PROBLEM,
    REFUSED,
    TIME_ZONE,
    Schema,
    answer,
    get,
    listed,
    of_structs,
    path_part,
    query,
    record,
    ref,
)
from projections.callflow.document import Call
from projections.query import CallSummary

EXAMPLE = msgspec.json.decode(resources.files("api.http.openapi").joinpath("call.json").read_bytes())
"""a recorded call with an attended transfer, written by scripts/reference.py"""
KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "choice": {"type": "string"},
    "yes": {"type": "boolean"},
    "time": MOMENT,
    "seconds": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e9},
}


def paths() -> dict[str, Any]:
    calls = listed(ref("Call"))
    either = calls | {"items": {"anyOf": [ref("Call"), ref("CallSummary")]}}
    following = {"type": ["string", "null"], "description": "`after` of the next page; null on the last"}
    page = record(["position", "next", "calls"], position=POSITION, next=following, calls=either)
    then = MOMENT | {"type": ["string", "null"], "description": "with `at`: the instant that the answer is true at"}
    live = record(
        ["position", "current", "calls"], position=POSITION, at=then, current={"type": "boolean"}, calls=calls
    )
    return {
        "/v1/calls": get(
            "calls",
            "Calls, newest first",
            {"200": answer("A page", page), "400": PROBLEM} | REFUSED,
            [
                *(_parameter(item) for item in FILTERS),
                query("time_zone", "IANA zone in which times without an offset are meant", TIME_ZONE),
                query("limit", "calls a page", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
                query("after", "`next` of the page before", PAGE),
                query("view", "whole documents, or flat rows as in cdr_call", {"enum": ["document", "summary"]}),
            ],
        ),
        "/v1/calls/{call_id}": get(
            "call",
            "One call",
            {
                "200": answer("The call", ref("Call")),
                "304": answer("It is still the version of If-None-Match"),
                "308": answer("It was merged into another call, or the id is that of a leg: see Location"),
                "404": PROBLEM,
            }
            | REFUSED,
            [path_part("call_id", "the call's id, or that of one of its legs") | {"example": EXAMPLE["call_id"]}],
        ),
        "/v1/live": get(
            "live",
            "The calls that are live now, or were live then",
            {"200": answer("They", live), "400": PROBLEM} | REFUSED,
            [query("at", f"as the board was: {BOARD_AT}", MOMENT | {"examples": ["2026-11-23T10:03:00Z"]})],
        ),
        "/v1/live/stream": get(
            "stream",
            "Server-sent events: snapshot, then call, ended, merged, and health every two seconds",
            {"200": answer("The stream") | EVENT_STREAM, "401": PROBLEM},
        ),
    }


def schemas() -> dict[str, Any]:
    described = of_structs(Call, CallSummary)
    described["Call"]["examples"] = [EXAMPLE]
    return described


def _parameter(item: Filter) -> Schema:
    schema = KINDS[item.kind] | ({"enum": list(item.choices)} if item.choices else {})
    return query(item.name, item.says + (TIMES if item.kind == "time" else ""), schema)
