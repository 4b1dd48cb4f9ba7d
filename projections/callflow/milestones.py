"""What of a call is news: the events that subscribers get, derived from the document.

Each has an id that depends on what it tells of and on nothing else, so that the same log yields the same events however
it was cut into pages; what was told once is not told again, and what turns out to be untrue is taken back.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5
from zlib import crc32

import msgspec

from projections.callflow.audience import audience
from projections.callflow.changes import Audience, CallEvent
from projections.callflow.document import Call

_NAMESPACE = UUID("6f0e5a30-6a0c-5d07-9d6f-1c8f7f1f5b11")
_encode = msgspec.json.Encoder(order="sorted").encode
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
# Known only when the segment is over.
_LATER = frozenset({"retrieved_by"})
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
    rounds: Counter[tuple[str, int]] = Counter()
    for offer in call.offers:
        rounds[offer.to, offer.started_at] += 1
        key = f"{offer.to}:{offer.started_at}:{rounds[offer.to, offer.started_at]}"
        yield "call.offered", key, offer.started_at, {"to": offer.to}
        if offer.outcome and offer.ended_at:
            yield "call.offer_ended", key, offer.ended_at, {"to": offer.to, "outcome": offer.outcome}
    if call.answered_at:
        yield "call.answered", call.call_id, call.answered_at, {"by": call.answered_by}
    for segment in call.segments:
        key = f"{segment.kind}:{','.join(segment.parties)}:{segment.started_at}"
        detail = {name: value for name, value in segment.detail.items() if name not in _LATER}
        data: dict[str, Any] = {"parties": segment.parties, "detail": detail}
        if segment.kind in _BEGINS:
            yield _BEGINS[segment.kind], key, segment.started_at, data
        if segment.ended_at is not None and segment.kind in _ENDS:
            yield (
                _ENDS[segment.kind],
                key,
                segment.ended_at,
                {**data, "detail": segment.detail, "seconds": segment.seconds},
            )
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


def _digest(data: dict[str, Any]) -> int:
    return crc32(_encode(data))


def milestones(call: Call, told: dict[str, int], aliases: set[str]) -> list[CallEvent]:
    """The news of a call: what has not been told, and what was told and is not so.

    `told` is the memory of it (what, and a digest of what was said of it), and is brought up to date. Something can
    turn out to have been otherwise, when evidence came late: then `call.corrected` names what was told, with its data
    as they are now, or null where it did not happen.
    """
    found: list[tuple[str, str, int, dict[str, Any]]] = []
    now: set[str] = set()
    for kind, key, at, data in _news(call):
        mark = f"{kind}|{key}"
        now.add(mark)
        digest = _digest(data)
        known = told.get(mark)
        if known == digest:
            continue
        told[mark] = digest
        if known is None:
            found.append((kind, key, at, data))
        else:
            correction = {"type": kind, "key": key, "data": data}
            found.append(("call.corrected", f"{mark}|{digest}", at, correction))
    for mark in [mark for mark in told if mark not in now]:
        kind, _, key = mark.partition("|")
        # What a call was told before it was merged is not untrue: `call.merged` says where it went.
        if kind == "call.merged" or key.partition(":")[0] in aliases:
            continue
        del told[mark]
        withdrawn = {"type": kind, "key": key, "data": None}
        found.append(("call.corrected", f"{mark}|withdrawn", call.started_at, withdrawn))
    if not found:
        return []
    found.sort(key=lambda news: (news[0] == "call.corrected", news[2]))
    concerned = audience(call, sorted(aliases))
    return [_event(call, *news, concerned) for news in found]


def _event(call: Call, kind: str, key: str, at: int, data: dict[str, Any], concerned: Audience) -> CallEvent:
    first = call.legs[0].leg_id if call.legs else call.call_id
    return CallEvent(
        event_id=event_id(kind, f"{first}|{key}"),
        type=kind,
        call_id=call.call_id,
        tenant=call.tenant,
        occurred_at=at,
        position=call.last_position,
        data=data,
        audience=concerned,
    )


def merged(call: Call, alias: str, aliases: set[str], position: int, at: int) -> CallEvent:
    """`alias` is part of this call from now on, as all of `aliases` are."""
    return CallEvent(
        event_id=event_id("call.merged", f"{call.call_id}|{alias}"),
        type="call.merged",
        call_id=call.call_id,
        tenant=call.tenant,
        occurred_at=at,
        position=position,
        data={"alias": alias},
        audience=audience(call, sorted(aliases)),
    )
