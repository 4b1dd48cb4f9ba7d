"""A call document as rows: pure, values in the order of table.py.

A long call has thousands of segments, of which the next document changes one or two. So the rows of what is the same in
both documents, at the same place, are taken from before: to compare the parts of two documents is many times cheaper
than to make their rows.
"""

import re
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from projections.callflow.document import Call, Leg, Offer, Party, Segment, Transfer, render
from projections.tables import facts
from projections.tables.table import (
    CALL,
    LEG,
    OFFER,
    PARTY,
    SEARCH,
    SEGMENT,
    STAY,
    TRANSFER,
    Row,
    Table,
    at,
    key,
    text,
    texts,
)

# table -> its rows without the key: row n of a table is number n of the call
Rows = dict[Table, list[Row]]

_Item = TypeVar("_Item")
_AT_ONCE = 32
"""parts of a document that are compared, and made rows of, together"""

# An escaped NUL that is not itself behind an escaped backslash: the type json takes it, its operators do not.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def document_of(call: Call) -> bytes:
    """The JSON as stored."""
    return _stored(render(call))


def _stored(document: bytes) -> bytes:
    return _NUL.sub(rb"\1\\ufffd", document) if b"\\u0000" in document else document


def call_row(call: Call, document: bytes, live: bool) -> Row:
    """Without the last column, the position of the projection: it belongs to the page that writes the row."""
    waits = facts.queues(call)
    tried, completed = facts.transfers(call)
    kinds = {transfer.kind for transfer in call.transfers}
    hangup = call.hangup
    status = hangup.sip_status if hangup else None
    return (
        text(call.tenant),
        call.direction,
        text(call.from_.party),
        text(call.from_.number),
        text(call.from_.name),
        text(call.from_.user),
        text(call.dialled),
        call.state,
        call.answered,
        call.outcome,
        text(call.answered_by),
        text(facts.last_party(call)),
        text(facts.queue_name(waits[0])) if waits else None,
        text(facts.agent(call, waits)),
        at(call.started_at),
        at(call.answered_at),
        at(call.ended_at),
        facts.seconds(call.started_at, call.ended_at),
        facts.ring_seconds(call),
        facts.waited_seconds(waits),
        float(call.talk_seconds),
        facts.held_seconds(call),
        len(call.offers),
        tried,
        completed,
        "forward" in kinds,
        "pickup" in kinds,
        "park" in kinds or any(segment.kind == "park" for segment in call.segments),
        text(facts.room(call)),
        text(hangup.by) if hangup else None,
        text(hangup.cause) if hangup else None,
        status if status is not None and abs(status) < 1 << 31 else None,
        call.quality,
        call.version,
        call.first_position,
        call.last_position,
        live,
        document,
    )


def search_rows(call: Call) -> list[Row]:
    of_call = (text(call.tenant), at(call.started_at), facts.transfers(call)[0] > 0)
    return [(kind, text(value), *of_call) for kind, value in facts.search_terms(call)]


def party_row(p: Party, queue: str | None) -> Row:
    return (text(p.party), text(p.user), text(p.role), float(p.talk_seconds), float(p.held_seconds))


def segment_row(s: Segment, queue: str | None) -> Row:
    return (
        s.kind,
        texts(s.parties),
        at(s.started_at),
        at(s.ended_at),
        facts.segment_seconds(s),
        queue,
        s.quality,
        _NUL.sub(rb"\1\\ufffd", render(s.detail)) if s.detail else b"{}",
    )


def offer_row(o: Offer, queue: str | None) -> Row:
    return (
        text(o.to),
        at(o.started_at),
        at(o.ended_at),
        facts.seconds(o.started_at, o.ended_at),
        o.outcome,
        queue,
    )


def stay_rows(call: Call) -> list[Row]:
    rows: list[Row] = []
    for stay in facts.queues(call):
        queue = facts.queue_name(stay)
        if queue is not None:
            rows.append(
                (
                    text(queue),
                    text(call.tenant),
                    text(next((party for party in stay.parties if not party.startswith("queue:")), None)),
                    at(stay.started_at),
                    at(stay.ended_at),
                    facts.segment_seconds(stay),
                    stay.detail.get("outcome"),
                    text(stay.detail.get("agent")),
                    text(stay.detail.get("to")),
                    facts.offers_during(call, stay),
                    stay.quality,
                )
            )
    return rows


def transfer_row(t: Transfer, queue: str | None) -> Row:
    return (t.kind, text(t.by), text(t.from_), text(t.to), at(t.at), t.result)


def leg_row(leg: Leg, queue: str | None) -> Row:
    return (
        key(leg.leg_id),
        text(leg.party),
        text(leg.role),
        text(leg.switch),
        at(leg.created_at),
        at(leg.answered_at),
        at(leg.ended_at),
        text(leg.cause),
        text(leg.sip_call_id),
    )


class _Part(NamedTuple, Generic[_Item]):
    """A table of what there are several of in a call."""

    table: Table
    items: Callable[[Call], list[_Item]]
    row: Callable[[_Item, str | None], Row]
    """of one of them, and of the queue in which it was"""
    begun: Callable[[_Item], int] | None = None
    """when it began, where its row says in which queue that was"""
    queue: int = 0
    """the column that says so"""


_PARTS: tuple[_Part[Any], ...] = (
    _Part(PARTY, lambda call: call.parties, party_row),
    _Part(SEGMENT, lambda call: call.segments, segment_row, lambda segment: segment.started_at, 5),
    _Part(OFFER, lambda call: call.offers, offer_row, lambda offer: offer.started_at, 5),
    _Part(TRANSFER, lambda call: call.transfers, transfer_row),
    _Part(LEG, lambda call: call.legs, leg_row),
)


def _rows(part: _Part[_Item], call: Call, waits: list[Segment], before: tuple[Call, Rows] | None) -> list[Row]:
    items = part.items(call)
    earlier, known = (part.items(before[0]), before[1][part.table]) if before is not None else ([], [])
    rows: list[Row] = []
    for begin in range(0, len(items), _AT_ONCE):
        some = items[begin : begin + _AT_ONCE]
        had = known[begin : begin + len(some)] if some == earlier[begin : begin + len(some)] else []
        queues = [text(facts.queue_at(waits, part.begun(item))) if waits and part.begun else None for item in some]
        if len(had) == len(some) and (
            part.begun is None or all(row[part.queue] == queue for row, queue in zip(had, queues, strict=True))
        ):
            rows += had
        else:
            rows += [part.row(item, queue) for item, queue in zip(some, queues, strict=True)]
    return rows


def rows_of(call: Call, live: bool, rendered: bytes | None = None, before: tuple[Call, Rows] | None = None) -> Rows:
    """All rows of a call but those of the fold. `rendered`: its JSON, where that was made already.

    `before`: an earlier document of the same call, and its rows.
    """
    waits = facts.queues(call)
    rows: Rows = {CALL: [call_row(call, _stored(rendered or render(call)), live)], SEARCH: search_rows(call)}
    rows[STAY] = stay_rows(call)
    for part in _PARTS:
        rows[part.table] = _rows(part, call, waits, before)
    return rows
