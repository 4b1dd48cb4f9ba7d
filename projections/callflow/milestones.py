"""What of a call is news: the events that subscribers get, derived from the document.

Each has an id that depends on what it tells of and on nothing else, so that the same log yields the same events however
it was cut into pages; what was told once is not told again. `call.merged` and `call.ended` are told by the fold and
by the document's own end.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from projections.callflow.changes import CallEvent
from projections.callflow.document import Call

_NAMESPACE = UUID("6f0e5a30-6a0c-5d07-9d6f-1c8f7f1f5b11")
_BEGINS = {
    "talk": "call.talking",
    "consult": "call.consulting",
    "hold": "call.held",
    "queue": "call.queued",
    "park": "call.parked",
    "conference": "call.joined",
    "voicemail": "call.voicemail",
    "ivr": "call.ivr",
    "monitor": "call.monitored",
    "record": "call.recording",
    "early_media": "call.early_media",
}
_ENDS = {
    "hold": "call.resumed",
    "queue": "call.left_queue",
    "park": "call.unparked",
    "conference": "call.left",
    "record": "call.recorded",
}


def _news(call: Call) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
    """Type, what tells it apart, when, and the data, in the order in which things happened in the document."""
    yield (
        "call.started",
        call.call_id,
        call.started_at,
        {"from": {"party": call.from_.party, "user": call.from_.user}, "dialled": call.dialled},
    )
    for offer in call.offers:
        key = f"{offer.to}:{offer.started_at}"
        yield "call.offered", key, offer.started_at, {"to": offer.to}
        if offer.outcome and offer.ended_at:
            yield "call.offer_ended", key, offer.ended_at, {"to": offer.to, "outcome": offer.outcome}
    if call.answered_at:
        yield "call.answered", call.call_id, call.answered_at, {"by": call.answered_by}
    for segment in call.segments:
        key = f"{segment.kind}:{','.join(segment.parties)}:{segment.started_at}"
        data: dict[str, Any] = {"parties": segment.parties, "detail": segment.detail}
        if segment.kind in _BEGINS:
            yield _BEGINS[segment.kind], key, segment.started_at, data
        if segment.ended_at is not None and segment.kind in _ENDS:
            yield _ENDS[segment.kind], key, segment.ended_at, {**data, "seconds": segment.seconds}
    for move in call.transfers:
        if move.result is not None:
            data = {"kind": move.kind, "by": move.by, "from": move.from_, "to": move.to, "result": move.result}
            yield "call.transferred", f"{move.kind}:{move.by}:{move.at}", move.at, data
    if call.state == "complete" and call.ended_at is not None:
        hangup = {"by": call.hangup.by, "cause": call.hangup.cause} if call.hangup else None
        data = {"outcome": call.outcome, "talk_seconds": call.talk_seconds, "hangup": hangup, "quality": call.quality}
        yield "call.ended", f"{call.call_id}:{call.ended_at}", call.ended_at, data


def event_id(kind: str, key: str) -> str:
    """The same for the same news, always."""
    return str(uuid5(_NAMESPACE, f"{kind}|{key}"))


def milestones(call: Call, told: set[str]) -> list[CallEvent]:
    """The news of a call that has not been told; `told` is the memory of it, and grows."""
    found = []
    for kind, key, at, data in _news(call):
        mark = f"{kind}|{key}"
        if mark in told:
            continue
        told.add(mark)
        found.append(
            CallEvent(
                event_id=event_id(kind, f"{call.legs[0].leg_id if call.legs else call.call_id}|{key}"),
                type=kind,
                call_id=call.call_id,
                tenant=call.tenant,
                occurred_at=at,
                position=call.last_position,
                data=data,
            )
        )
    return sorted(found, key=lambda event: event.occurred_at)


def merged(call: Call, alias: str, position: int, at: int) -> CallEvent:
    """`alias` is part of this call from now on."""
    return CallEvent(
        event_id=event_id("call.merged", f"{call.call_id}|{alias}"),
        type="call.merged",
        call_id=call.call_id,
        tenant=call.tenant,
        occurred_at=at,
        position=position,
        data={"alias": alias},
    )
