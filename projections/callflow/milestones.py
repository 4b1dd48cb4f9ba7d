"""What of a call is news: the events that subscribers get, derived from the document.

The document is a picture; subscribers want the film. So each new document is held against what was published before:
what is in it for the first time is an event, what is different now is a correction, what is gone is withdrawn.
`Published` keeps what was said, by type and key, as a digest: it is part of the call's state and survives a restart.

**Ids.** The id of an event depends on what it says happened and on nothing else. The same log therefore gives the same
events however it was cut into pages, and a subscriber who gets one twice can drop the second.

Corrections cannot have that property. Whether a call was thought to be otherwise in between depends on where a page
ended, and the same thing can be corrected more than once, back and forth: A, B, A, B. An id must never stand for two of
them, because the log drops the second and its readers stay with what is untrue. So the id of a correction counts the
corrections of the same thing before it: an id that is unique wins over one that is the same for every cut.
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
from projections.callflow.kinds import SEGMENTS
from projections.callflow.slices import PORTION, Slices

_NAMESPACE = UUID("6f0e5a30-6a0c-5d07-9d6f-1c8f7f1f5b11")
_encode = msgspec.json.Encoder(order="sorted").encode
# What each kind of segment publishes when it begins, and the names in the detail that are known by then.
_BEGINS = {
    kind: (row.begins.name, frozenset(field.encode_name for field in msgspec.structs.fields(row.begins.detail)))
    for kind, row in SEGMENTS.items()
    if row.begins
}
_ENDS = {kind: row.ends.name for kind, row in SEGMENTS.items() if row.ends}


def _news(call: Call) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
    """Type, key, instant and data, in the order in which things happened in the document."""
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
        if begins := _BEGINS.get(segment.kind):
            kind, known = begins
            detail = {name: value for name, value in segment.detail.items() if name in known}
            yield kind, key, segment.started_at, {"parties": segment.parties, "detail": detail}
        if segment.ended_at is not None and (ends := _ENDS.get(segment.kind)):
            data: dict[str, Any] = {"parties": segment.parties, "detail": segment.detail, "seconds": segment.seconds}
            yield ends, key, segment.ended_at, data
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


class Published(msgspec.Struct):
    """What has been published of a call so far."""

    news: dict[str, int] = msgspec.field(default_factory=dict)
    """by type and key, a digest of the data that were published; `WITHDRAWN` when they were taken back"""
    corrections: dict[str, int] = msgspec.field(default_factory=dict)
    """by type and key, how many corrections were published"""

    touched: list[str] = msgspec.field(default_factory=list)
    """marks of which something was published or corrected since this was made"""

    def copy(self) -> "Published":
        """One that can be brought up to date without this being changed."""
        return Published(dict(self.news), dict(self.corrections))

    def join(self, other: "Published") -> None:
        """Another call turns out to be part of this one."""
        self.news |= other.news
        for mark, count in other.corrections.items():
            self.corrections[mark] = max(count, self.corrections.get(mark, 0))

    def publish(self, mark: str, digest: int) -> None:
        """This is published now, with these data."""
        self.news[mark] = digest
        self.touched.append(mark)

    def correction(self, mark: str, digest: int) -> str:
        """The key of the next correction of this."""
        count = self.corrections[mark] = self.corrections.get(mark, 0) + 1
        self.publish(mark, digest)
        return f"{mark}|{digest}|{count}"


WITHDRAWN = -1


def milestones(call: Call, published: Published, aliases: set[str]) -> Slices[list[CallEvent]]:
    """The news of a call, and corrections of what was published and is not so. `published` is brought up to date.

    Something can turn out to have been otherwise, when evidence came late: then `call.corrected` names the event,
    with its data as they are now, or null where it did not happen.
    """
    found: list[tuple[str, str, int, dict[str, Any]]] = []
    now: set[str] = set()
    for kind, key, at, data in _news(call):
        mark = f"{kind}|{key}"
        now.add(mark)
        if len(now) % (2 * PORTION) == 0:
            yield
        digest = _digest(data)
        known = published.news.get(mark)
        if known == digest:
            continue
        if known is None:
            published.publish(mark, digest)
            found.append((kind, key, at, data))
        else:
            found.append(
                ("call.corrected", published.correction(mark, digest), at, {"type": kind, "key": key, "data": data})
            )
    yield
    for mark in [mark for mark, digest in published.news.items() if mark not in now and digest != WITHDRAWN]:
        kind, _, key = mark.partition("|")
        # What was published of a call before it was merged is not untrue: `call.merged` says where it went.
        if kind == "call.merged" or key.partition(":")[0] in aliases:
            continue
        withdrawn = {"type": kind, "key": key, "data": None}
        found.append(("call.corrected", published.correction(mark, WITHDRAWN), call.started_at, withdrawn))
    if not found:
        return []
    found.sort(key=lambda news: (news[0] == "call.corrected", news[2]))
    concerned = audience(call, sorted(aliases))
    events = []
    for news in found:
        events.append(_event(call, *news, concerned))
        if len(events) % (2 * PORTION) == 0:
            yield
    return events


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


def merges(call: Call, published: Published, aliases: set[str], at: int) -> list[CallEvent]:
    """Which calls are part of this one from now on, as far as that has not been published."""
    concerned: Audience | None = None
    found = []
    for alias in sorted(aliases):
        mark = f"call.merged|{alias}"
        if mark in published.news:
            continue
        published.publish(mark, 0)
        concerned = concerned or audience(call, sorted(aliases))
        found.append(
            CallEvent(
                event_id=event_id("call.merged", f"{call.call_id}|{alias}"),
                type="call.merged",
                call_id=call.call_id,
                tenant=call.tenant,
                occurred_at=at,
                position=call.last_position,
                data={"alias": alias},
                audience=concerned,
            )
        )
    return found
