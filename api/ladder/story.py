"""What happened in a call, as marks at instants: the reading of a document that a ladder draws.

A mark is one line of the drawing: an arrow from a party to another, or a sentence alone. Nothing is decided here about
calls; the document says it all. Columns and characters are `draw`'s.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, assert_never

import msgspec

from api.ladder.glyphs import PRESENT
from api.words.text import harmless
from projections.callflow import kinds, offer_kinds, transfer_kinds

Document = Mapping[str, Any]
"""A call document as CALLS.md has it, decoded from JSON."""

TOGETHER = 30_000
"""Microseconds: instants nearer than this are drawn as one. An answer and its bridge are one thing to a reader."""

STRENGTH = tuple(kind for kind, _ in kinds.drawn())
"""Which kind a party's line shows when it is in several segments at once."""


class Mark(msgspec.Struct, frozen=True):
    at: int
    order: int
    text: str
    source: str | None = None
    target: str | None = None
    both: bool = False


class Span(msgspec.Struct, frozen=True):
    kind: str
    party: str
    start: int
    end: int | None


class Story(msgspec.Struct, frozen=True):
    parties: list[str]
    marks: list[Mark]
    spans: list[Span]
    start: int
    end: int | None


def instant(value: str | None) -> int | None:
    """RFC 3339 text as microseconds since 1970, or None."""
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def party(value: object) -> str:
    """A party's name; documents give a string or an object with the key `party`."""
    name = value.get("party") if isinstance(value, Mapping) else value
    return harmless(name) if name not in (None, "") else "?"


def read(call: Document) -> Story:
    start = instant(call.get("started_at")) or 0
    caller = party(call.get("from"))
    marks = sorted(_marks(call, caller, start), key=lambda m: (m.at, m.order))
    return Story(_parties(call, caller, marks), marks, list(_spans(call)), start, instant(call.get("ended_at")))


def _parties(call: Document, caller: str, marks: list[Mark]) -> list[str]:
    seen: dict[str, None] = {caller: None}
    for mark in marks:
        for name in (mark.source, mark.target):
            if name is not None:
                seen.setdefault(name)
    for segment in call.get("segments") or []:
        for name in segment.get("parties") or []:
            seen.setdefault(party(name))
    for item in call.get("parties") or []:
        seen.setdefault(party(item))
    return list(seen)


def _spans(call: Document) -> Iterator[Span]:
    for leg in call.get("legs") or []:
        if leg.get("party") and (begin := instant(leg.get("created_at"))) is not None:
            yield Span(PRESENT, party(leg["party"]), begin, instant(leg.get("ended_at")))
    for segment in call.get("segments") or []:
        if (begin := instant(segment.get("started_at"))) is not None:
            for name in segment.get("parties") or []:
                yield Span(segment["kind"], party(name), begin, instant(segment.get("ended_at")))


def _marks(call: Document, caller: str, start: int) -> Iterator[Mark]:
    dialled = call.get("dialled")
    yield Mark(start, 0, f"{caller} dials {harmless(dialled)}" if dialled else f"{caller} starts", caller)
    for offer in call.get("offers") or []:
        yield from _offer(offer, _offered_by(offer, call, caller), start)
    for segment in call.get("segments") or []:
        yield from _segment(segment, start)
    for transfer in call.get("transfers") or []:
        yield _transfer(transfer, start)
    if (end := instant(call.get("ended_at"))) is not None:
        yield Mark(end, 9, _hangup(call), _known(call.get("hangup")))


def _known(hangup: object) -> str | None:
    by = hangup.get("by") if isinstance(hangup, Mapping) else None
    return party(by) if by and by != "switch" else None


def _offered_by(offer: Document, call: Document, caller: str) -> str:
    """Who rang the phone: the transferor of a consultation, else the caller."""
    at = instant(offer.get("started_at")) or 0
    for transfer in call.get("transfers") or []:
        row = transfer_kinds.row_of(transfer.get("kind"))
        consulted = row is not None and row.consults and transfer.get("by")
        same = party(transfer.get("to")) == party(offer.get("to"))
        if consulted and same and at <= (instant(transfer.get("at")) or 0):
            return party(transfer["by"])
    return caller


def _offer(offer: Document, caller: str, start: int) -> Iterator[Mark]:
    to = party(offer.get("to"))
    yield Mark(instant(offer.get("started_at")) or start, 2, f"offered to {to}", caller, to)
    outcome, ended = offer.get("outcome"), instant(offer.get("ended_at"))
    if outcome and ended is not None:
        row = offer_kinds.row_of(outcome)
        yield Mark(ended, 1, f"{to} {row.verb if row else harmless(outcome).replace('_', ' ')}", to)


def _segment(segment: Document, start: int) -> Iterator[Mark]:
    kind, names = segment["kind"], [party(p) for p in segment.get("parties") or []]
    at, detail = instant(segment.get("started_at")) or start, segment.get("detail") or {}
    doubt = "" if segment.get("quality") in (None, "observed") else f" ({harmless(segment['quality'])})"
    others = ", ".join(names)
    row = kinds.row_of(kind)
    word = row.word if row else harmless(kind).replace("_", " ")
    sentence = row.sentence if row else "alone"
    match sentence:
        case "offer":
            return
        case "pair":
            first, last = (names[0], names[-1]) if len(names) > 1 else (None, None)
            yield Mark(at, 4, f"{word}: {others}{doubt}", first, last, both=True)
        case "hold":
            by = party(detail.get("by"))
            held = ", ".join(n for n in names if n != by) or others
            yield Mark(at, 3, f"{by} holds {held}{doubt}", by, held if held in names else None)
        case "place":
            place = next((n for n in names if n.startswith(f"{kind}:")), None)
            who = ", ".join(n for n in names if n != place)
            where = place or harmless(detail.get("lot") or detail.get("queue") or detail.get("room") or kind)
            yield Mark(at, 5, f"{who} in {where}{doubt}", who if who in names else None, place)
        case "alone":
            extra = detail.get("mode") or detail.get("file")
            yield Mark(at, 5, f"{word}: {others}{f' ({harmless(extra)})' if extra else ''}{doubt}")
        case _:
            assert_never(sentence)


def _transfer(transfer: Document, start: int) -> Mark:
    row, result = transfer_kinds.row_of(transfer.get("kind")), transfer.get("result")
    by, to = party(transfer.get("by")), party(transfer.get("to"))
    moved = f" of {party(transfer['from'])}" if transfer.get("from") else ""
    noun = row.noun if row else f"{harmless(transfer.get('kind')).replace('_', '-')} transfer"
    ending = f": {harmless(result)}" if result and result != "completed" else ""
    if (passes := transfer.get("passes") or 1) != 1:
        ending += f" (a loop: passed on {harmless(passes)} times)"
    return Mark(instant(transfer.get("at")) or start, 3, f"{noun} by {by}{moved} to {to}{ending}", by, to)


def _hangup(call: Document) -> str:
    hangup = call.get("hangup") or {}
    by, cause = hangup.get("by"), hangup.get("cause")
    who = "the call ends" if not by else "the switch ends the call" if by == "switch" else f"{party(by)} hangs up"
    sip = f", SIP {hangup['sip_status']}" if hangup.get("sip_status") else ""
    return f"{who} ({harmless(cause)}{sip})" if cause else who
