"""A call as an OpenTelemetry trace, in the JSON of OTLP/HTTP (opentelemetry-proto 1.x, trace/v1). Pure.

A trace is a call, and its id the call's: who knows one knows the other. Below the span of the call stand those of its
segments and of its legs; transfers are events of it, other calls that have to do with it links. Ids come from the
call alone, so that what is sent twice is the same twice.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

INTERNAL, SERVER, CLIENT = 1, 2, 3
ERROR = 2
FAILED = frozenset({"failed", "unserved"})
"""outcomes in which the telephone system did not do what it should"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def request(calls: Iterable[Mapping[str, Any]], node: str) -> dict[str, Any]:
    """An ExportTraceServiceRequest of ended calls, each company's a resource of its own. ``node``: who sends."""
    by_tenant: dict[str | None, list[dict[str, Any]]] = {}
    for call in calls:
        by_tenant.setdefault(call.get("tenant"), []).extend(spans(call))
    return {"resourceSpans": [_resource(tenant, made, node) for tenant, made in by_tenant.items()]}


def spans(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The spans of one call; one that goes on has none, for a span has an end."""
    if not call.get("ended_at"):
        return []
    trace, root = trace_id(call["call_id"]), span_id("call", call["call_id"])
    status = {"code": ERROR, "message": call["outcome"]} if call["outcome"] in FAILED else {}
    caller = call["from"]
    whole = _span(trace, root, f"call {call['direction']}", SERVER, call["started_at"], call["ended_at"]) | {
        "attributes": _attributes(
            {
                "harmony.call.id": call["call_id"],
                "harmony.call.version": call["version"],
                "harmony.call.direction": call["direction"],
                "harmony.call.from": caller.get("number") or caller.get("party"),
                "harmony.call.from.user": caller.get("user"),
                "harmony.call.dialled": call["dialled"],
                "harmony.call.outcome": call["outcome"],
                "harmony.call.answered_by": call["answered_by"],
                "harmony.call.talk_seconds": call["talk_seconds"],
                "harmony.call.quality": call["quality"],
                "harmony.hangup.by": (call["hangup"] or {}).get("by"),
                "harmony.hangup.cause": (call["hangup"] or {}).get("cause"),
                "sip.response.status_code": (call["hangup"] or {}).get("sip_status"),
            }
        ),
        "events": [_transfer(one) for one in call["transfers"]],
        "links": [
            {
                "traceId": trace_id(link["call_id"]),
                "spanId": span_id("call", link["call_id"]),
                "attributes": _attributes({"harmony.link.why": link["why"]}),
            }
            for link in call.get("links", ())
        ],
        "status": status,
    }
    below = [_segment(n, one, call, trace) for n, one in enumerate(call["segments"])]
    below += [_leg(one, call, trace) for one in call["legs"] if one["created_at"]]
    return [whole, *(one | {"parentSpanId": root} for one in below)]


def trace_id(call_id: str) -> str:
    """16 bytes in hexadecimal: those of the call's UUID, or of a digest of an id that is none. Never all zero."""
    try:
        found = UUID(call_id).bytes
    except ValueError:
        found = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).digest()[:16]
    return (found if any(found) else b"\1" * 16).hex()


def span_id(*parts: str) -> str:
    """8 bytes in hexadecimal, of what names the span."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:8].hex()


def _segment(n: int, segment: Mapping[str, Any], call: Mapping[str, Any], trace: str) -> dict[str, Any]:
    ended = segment["ended_at"] or call["ended_at"]
    details = {f"harmony.segment.{key}": value for key, value in (segment.get("detail") or {}).items()}
    given = {"harmony.segment.parties": list(segment["parties"]), "harmony.segment.quality": segment["quality"]}
    own = span_id("segment", call["call_id"], str(n))
    made = _span(trace, own, segment["kind"], INTERNAL, segment["started_at"], ended)
    return made | {"attributes": _attributes(given | details)}


def _leg(leg: Mapping[str, Any], call: Mapping[str, Any], trace: str) -> dict[str, Any]:
    kind = SERVER if leg["role"] == "caller" else CLIENT
    ended = leg["ended_at"] or call["ended_at"]
    made = _span(trace, span_id("leg", leg["leg_id"]), f"leg {leg['party'] or '?'}", kind, leg["created_at"], ended)
    events = [] if not leg["answered_at"] else [{"timeUnixNano": _nanos(leg["answered_at"]), "name": "answered"}]
    given = {
        "harmony.leg.id": leg["leg_id"],
        "harmony.leg.role": leg["role"],
        "harmony.leg.quality": leg["quality"],
        "harmony.switch": leg["switch"],
        "harmony.hangup.cause": leg["cause"],
        "sip.call_id": leg["sip_call_id"],
    }
    return made | {"attributes": _attributes(given), "events": events}


def _transfer(one: Mapping[str, Any]) -> dict[str, Any]:
    given = {f"harmony.transfer.{key}": one[key] for key in ("kind", "by", "from", "to", "result")}
    return {"timeUnixNano": _nanos(one["at"]), "name": "transfer", "attributes": _attributes(given)}


def _span(trace: str, own: str, name: str, kind: int, began: str, ended: str) -> dict[str, Any]:
    return {
        "traceId": trace,
        "spanId": own,
        "name": name,
        "kind": kind,
        "startTimeUnixNano": _nanos(began),
        "endTimeUnixNano": _nanos(max(began, ended)),
    }


def _resource(tenant: str | None, made: list[dict[str, Any]], node: str) -> dict[str, Any]:
    given = {"service.name": "harmony", "service.instance.id": node, "harmony.tenant": tenant}
    scope = {"scope": {"name": "harmony.calls"}, "spans": made}
    return {"resource": {"attributes": _attributes(given)}, "scopeSpans": [scope]}


def _attributes(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in given.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}  # 64 bits are text in the JSON of protobuf
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(one) for one in value]}}
        case dict():
            values = [{"key": str(key), "value": _value(one)} for key, one in value.items() if one is not None]
            return {"kvlistValue": {"values": values}}
        case _:
            return {"stringValue": str(value)}


def _nanos(instant: str) -> str:
    return str((datetime.fromisoformat(instant) - _EPOCH) // timedelta(microseconds=1) * 1000)
