"""Calls: what was, what is live, and the stream of what changes. From the table of filters that the routes use."""

from importlib import resources
from typing import Any

import msgspec

from api.exports.shapes import SHAPES
from api.http import calls, exports, live
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import (
    EVENT_STREAM,
    MOMENT,
    PAGE,
    POSITION,
    TEXT,
    TIME_ZONE,
    Schema,
    answer,
    listed,
    of_structs,
    path_part,
    query,
    record,
    ref,
)
from api.words.board import SAYS as BOARD_AT
from api.words.filters import FILTERS, TIMES, Filter
from projections.callflow.document import Call
from projections.query import VIEWS as EXPORTED
from projections.query import CallListed, CallSummary, CallSums

EXAMPLE = msgspec.json.decode(resources.files("api.http.endpoints").joinpath("call.json").read_bytes())
"""a recorded call with an attended transfer, written by scripts/reference.py"""
KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "choice": {"type": "string"},
    "yes": {"type": "boolean"},
    "time": MOMENT,
    "seconds": {"type": "number", "minimum": 0, "exclusiveMaximum": 1e9},
}


def schemas() -> dict[str, Any]:
    described = of_structs(Call, CallSummary, CallListed, CallSums)
    described["Call"]["examples"] = [EXAMPLE]
    return described


def _parameter(item: Filter) -> Schema:
    schema = KINDS[item.kind] | ({"enum": list(item.choices)} if item.choices else {})
    return query(item.name, item.says + (TIMES if item.kind == "time" else ""), schema)


_CALLS = listed(ref("Call"))
_YES: Schema = {"type": "boolean", "default": False}
_PAGE = record(
    ["position", "next", "calls"],
    position=POSITION,
    next={"type": ["string", "null"], "description": "`after` of the next page; null on the last"},
    calls=_CALLS | {"items": {"anyOf": [ref("Call"), ref("CallSummary"), ref("CallListed")]}},
)
_LIVE = record(
    ["position", "current", "calls"],
    position=POSITION,
    at=MOMENT | {"type": ["string", "null"], "description": "with `at`: the instant that the answer is true at"},
    current={"type": "boolean"},
    calls=_CALLS,
)
_FILTERS = (
    *(_parameter(item) for item in FILTERS),
    query("time_zone", "IANA zone in which times without an offset are meant", TIME_ZONE),
)
_SIGN = query("sign", "with a vCon: whether it comes signed, as a JWS", {"type": "boolean", "default": False})
_FILES: Schema = {"content": {kind.partition(";")[0]: {"schema": TEXT} for kind in exports.KINDS.values()}}
FAMILY = Family(
    "calls",
    "Calls: what was, what is live, and the stream of what changes",
    (
        Endpoint(
            name="calls_list",
            method="get",
            path="/v1/calls",
            says="Calls, newest first",
            scope="read",
            share="question",
            handler=calls.calls,
            parameters=(
                *_FILTERS,
                query("limit", "calls a page", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
                query("after", "`next` of the page before", PAGE),
                query(
                    "view",
                    "whole documents, flat rows as in cdr_call, or these with how it went for the caller",
                    {"enum": ["document", "summary", "story"]},
                ),
            ),
            answers={"200": answer("A page", _PAGE)},
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="calls_sums",
            method="get",
            path="/v1/call-sums",
            says="The sums of calls: how many, how they came out, how long was talked and waited, and when",
            scope="read",
            share="question",
            handler=calls.sums_of,
            parameters=_FILTERS,
            answers={"200": answer("They", ref("CallSums"))},
            shows="companies",
        ),
        Endpoint(
            name="calls_export",
            method="get",
            path="/v1/call-export",
            says="All of these calls as a file, oldest first",
            scope="read",
            share="export",
            handler=exports.export,
            parameters=(
                *_FILTERS,
                query("format", "the file's", {"enum": list(exports.KINDS), "default": "csv"}),
                query(
                    "rows", "what a row is: one of the analysts' views", {"enum": list(EXPORTED), "default": "cdr_call"}
                ),
                _SIGN,
            ),
            answers={"200": answer("CSV with a header line, Parquet, or NDJSON: documents, vCons or OTLP") | _FILES},
            problems=(404, 409),
            shows="companies",
        ),
        Endpoint(
            name="calls_export_one",
            method="get",
            path="/v1/calls/{call_id:any}/export",
            says="One call as a vCon, or as an OpenTelemetry trace",
            scope="read",
            share="question",
            handler=exports.export_one,
            parameters=(
                path_part("call_id", "the call's id, or that of one of its legs") | {"example": EXAMPLE["call_id"]},
                query("format", "the shape", {"enum": list(SHAPES), "default": "vcon"}),
                _SIGN,
            ),
            answers={
                "200": answer("The vCon, a JWS of it, or a request of OTLP/HTTP")
                | {"content": {kind: {"schema": {"type": "object"}} for kind in SHAPES.values()}},
            },
            problems=(404, 409),
            shows="companies",
        ),
        Endpoint(
            name="calls_get",
            method="get",
            path="/v1/calls/{call_id:any}",
            says="One call",
            scope="read",
            handler=calls.call,
            parameters=(
                path_part("call_id", "the call's id, or that of one of its legs") | {"example": EXAMPLE["call_id"]},
            ),
            answers={
                "200": answer("The call", ref("Call")),
                "304": answer("It is still the version of If-None-Match"),
                "308": answer("It was merged into another call, or the id is that of a leg: see Location"),
            },
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="live_get",
            method="get",
            path="/v1/live",
            says="The calls that are live now, or were live then",
            scope="read",
            share="question",
            handler=live.live,
            parameters=(query("at", f"as the board was: {BOARD_AT}", MOMENT | {"examples": ["2026-11-23T10:03:00Z"]}),),
            answers={"200": answer("They", _LIVE)},
            shows="companies",
        ),
        Endpoint(
            name="live_stream",
            method="get",
            path="/v1/live/stream",
            says="Server-sent events: snapshot, then call, ended, merged, and health every two seconds",
            scope="subscribe",
            share="stream",
            handler=live.stream,
            parameters=(
                query("people", "true: of people, too: people behind the snapshot, then person and person_gone", _YES),
            ),
            answers={"200": answer("The stream") | EVENT_STREAM},
            shows="companies",
        ),
    ),
    schemas,
)
