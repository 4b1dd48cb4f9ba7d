"""Every recorded call as a vCon and as a trace: by the schema and the protocol of those who read them."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import msgspec
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api.exports.traces import request, trace_id
from api.exports.vcon import vcon
from projections.callflow import render
from tests.api.conftest import CAPTURES
from tests.projections.callflow.folding import events_of, fold_all

pytestmark = pytest.mark.pure
SCHEMA = json.loads(gzip.decompress((Path(__file__).parent / "vcon_json_schema.json.gz").read_bytes()))
HOST = "pbx.example"


@cache
def calls() -> list[dict[str, Any]]:
    names = sorted(one.name for one in CAPTURES.iterdir() if (one / "events.etf.gz").exists())
    names = [name for n, name in enumerate(names) if n % 3 == 0 or name.startswith(("04-", "13-"))]
    return [msgspec.json.decode(render(call)) for name in names for call in fold_all(events_of(name)).calls.values()]


def attended() -> dict[str, Any]:
    return next(one for one in calls() if any(t["kind"] == "attended" for t in one["transfers"]))


def indices(dialog: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Every index of a dialog, with the array that it is of."""
    for name in ("transferor", "transferee", "transfer_target"):
        if name in dialog:
            yield dialog[name], "parties"
    for name in ("original", "consultation", "target_dialog"):
        if name in dialog:
            yield dialog[name], "dialog"
    for party in dialog.get("parties", []):
        yield party, "parties"
    for event in dialog.get("party_history", []):
        yield event["party"], "parties"


def test_every_call_is_a_vcon_by_the_schema_and_its_indices_lead_somewhere() -> None:
    check = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    ids = set()
    for call in calls():
        made = vcon(call, HOST)
        check.validate(made)
        assert made == vcon(call, HOST)
        ids.add(made["uuid"])
        assert UUID(made["uuid"]).version == 8
        assert made["analysis"][0]["body"] == call
        for dialog in made["dialog"]:
            assert all(0 <= place < len(made[array]) for place, array in indices(dialog)), made
    assert len(ids) == len(calls()) > 20


def test_an_attended_transfer_names_its_dialogs_and_a_call_that_nobody_took_says_why() -> None:
    made = vcon(attended(), HOST)
    transfer = made["dialog"][-1]
    assert [one["application"] for one in made["dialog"][:-1]] == ["talk", "consult", "talk"]
    assert [transfer[name] for name in ("original", "consultation", "target_dialog")] == [0, 1, 2]
    names = [made["parties"][transfer[name]]["tel"] for name in ("transferor", "transferee", "transfer_target")]
    given = attended()["transfers"][0]
    assert names == [given["by"], given["from"], given["to"]]
    assert {"event": "hold"}.items() <= made["dialog"][0]["party_history"][2].items()
    busy = next(one for one in calls() if one["outcome"] == "busy")
    assert [(one["type"], one["disposition"]) for one in vcon(busy, HOST)["dialog"]] == [("incomplete", "busy")]


def test_every_trace_is_read_by_opentelemetry_and_stands_within_its_call() -> None:
    ended = [one for one in calls() if one["ended_at"]]
    read = ExportTraceServiceRequest()
    as_sent = request(ended, "harmony@pbx.example")
    # The JSON of OTLP has ids in hexadecimal where protobuf has base64; a reader of it turns them.
    json_format.ParseDict(_for_protobuf(as_sent), read)
    spans = [span for one in read.resource_spans for scope in one.scope_spans for span in scope.spans]
    roots = {span.trace_id: span for span in spans if not span.parent_span_id}
    assert len(roots) == len(ended)
    assert len({(span.trace_id, span.span_id) for span in spans}) == len(spans)
    for span in spans:
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
        if span.parent_span_id:
            assert span.parent_span_id == roots[span.trace_id].span_id
    for call in ended:
        root = roots[bytes.fromhex(trace_id(call["call_id"]))]
        began = datetime.fromisoformat(call["started_at"]).timestamp()
        assert root.start_time_unix_nano == pytest.approx(began * 1e9, abs=1e3)
        assert len(root.events) == len(call["transfers"])
    assert trace_id(attended()["call_id"]) == attended()["call_id"].replace("-", "")
    assert len(trace_id("any text\n")) == 32
    tenants = {one["resource"]["attributes"][-1]["value"]["stringValue"] for one in as_sent["resourceSpans"][:1]}
    assert tenants <= {"alpha.example", "beta.example", "harmony@pbx.example"}


def test_a_call_that_goes_on_has_no_spans_yet() -> None:
    going = attended() | {"ended_at": None}
    assert request([going], "node")["resourceSpans"][0]["scopeSpans"][0]["spans"] == []
    assert vcon(going, HOST)["uuid"]


def _for_protobuf(value: Any) -> Any:
    import base64

    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(one)).decode()
            if key.lower().endswith(("traceid", "spanid"))
            else _for_protobuf(one)
            for key, one in value.items()
        }
    return [_for_protobuf(one) for one in value] if isinstance(value, list) else value
