"""A call document as rows: pure, one function a table, values in the order of table.py."""

import re
from collections.abc import Callable

from projections.callflow.document import Call, render
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

# An escaped NUL that is not itself behind an escaped backslash: the type json takes it, its operators do not.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def document_of(call: Call) -> bytes:
    """The JSON as stored."""
    document = render(call)
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


def party_rows(call: Call) -> list[Row]:
    return [
        (text(p.party), text(p.user), text(p.role), float(p.talk_seconds), float(p.held_seconds)) for p in call.parties
    ]


def segment_rows(call: Call) -> list[Row]:
    waits = facts.queues(call)
    return [
        (
            s.kind,
            texts(s.parties),
            at(s.started_at),
            at(s.ended_at),
            facts.segment_seconds(s),
            text(facts.queue_at(waits, s.started_at)) if waits else None,
            s.quality,
            _NUL.sub(rb"\1\\ufffd", render(s.detail)) if s.detail else b"{}",
        )
        for s in call.segments
    ]


def offer_rows(call: Call) -> list[Row]:
    waits = facts.queues(call)
    return [
        (
            text(o.to),
            at(o.started_at),
            at(o.ended_at),
            facts.seconds(o.started_at, o.ended_at),
            o.outcome,
            text(facts.queue_at(waits, o.started_at)) if waits else None,
        )
        for o in call.offers
    ]


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


def transfer_rows(call: Call) -> list[Row]:
    return [(t.kind, text(t.by), text(t.from_), text(t.to), at(t.at), t.result) for t in call.transfers]


def leg_rows(call: Call) -> list[Row]:
    return [
        (
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
        for leg in call.legs
    ]


_PARTS: tuple[tuple[Table, Callable[[Call], list[Row]]], ...] = (
    (SEARCH, search_rows),
    (PARTY, party_rows),
    (SEGMENT, segment_rows),
    (OFFER, offer_rows),
    (STAY, stay_rows),
    (TRANSFER, transfer_rows),
    (LEG, leg_rows),
)


def rows_of(call: Call, live: bool) -> Rows:
    """All rows of a call but those of the fold."""
    rows: Rows = {CALL: [call_row(call, document_of(call), live)]}
    for table, build in _PARTS:
        rows[table] = build(call)
    return rows
