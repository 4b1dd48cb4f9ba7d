"""What a row says that its document does not say in one place: queue and agent, ring and waiting times, flags.

Pure, from one document. Everything here can be read off the document by hand; it is done once so that the usual
questions of an analyst need neither a join nor JSON.
"""

from bisect import bisect_right
from collections.abc import Iterable

from projections.callflow.document import Call, Segment
from projections.callflow.transfer_kinds import TRIED


def queue_name(segment: Segment) -> str | None:
    """The queue of a segment of kind queue, without the prefix of its party."""
    for party in segment.parties:
        if party.startswith("queue:"):
            return party[6:]
    named = segment.detail.get("queue")
    return str(named).removeprefix("queue:") if named else None


def queues(call: Call) -> list[Segment]:
    """The waits of a call, in order of time."""
    waits = [segment for segment in call.segments if segment.kind == "queue"]
    return sorted(waits, key=lambda wait: wait.started_at)


def queue_at(waits: list[Segment], instant: int) -> str | None:
    """The queue in which the call was or through which it had come at an instant."""
    index = bisect_right(waits, instant, key=lambda wait: wait.started_at)
    return queue_name(waits[index - 1]) if index else None


def offers_during(call: Call, stay: Segment) -> int:
    """How many times phones were rung while somebody waited, up to the answer."""
    until = stay.ended_at
    return sum(
        1
        for offer in call.offers
        if stay.started_at <= offer.started_at and (until is None or offer.started_at < until)
    )


def agent(call: Call, waits: list[Segment]) -> str | None:
    """Who answered the call out of its first queue."""
    if not waits:
        return None
    entered = waits[0].started_at
    for offer in call.offers:
        if offer.outcome == "answered" and offer.started_at >= entered:
            return offer.to
    for segment in call.segments:
        if segment.kind == "talk" and segment.started_at >= entered:
            return _other(segment, call.from_.party)
    return None


def last_party(call: Call) -> str | None:
    """Whom the caller, or who took over, talked to last."""
    talks = [segment for segment in call.segments if segment.kind == "talk"]
    return _other(talks[-1], call.from_.party) if talks else None


def _other(segment: Segment, caller: str | None) -> str | None:
    others = [party for party in segment.parties if party != caller]
    return others[-1] if others else None


def seconds(start: int | None, end: int | None) -> float | None:
    """Seconds between two instants in microseconds; None while one is missing."""
    return None if start is None or end is None else (end - start) / 1_000_000


def ring_seconds(call: Call) -> float | None:
    """From the first offer to the first answer, or to the end of the last offer when none answered."""
    if not call.offers:
        return None
    first = min(offer.started_at for offer in call.offers)
    answers = [offer.ended_at for offer in call.offers if offer.outcome == "answered" and offer.ended_at is not None]
    if answers:
        return seconds(first, min(answers))
    ends = [offer.ended_at for offer in call.offers]
    known = [end for end in ends if end is not None]
    return seconds(first, max(known)) if len(known) == len(ends) else None


def segment_seconds(segment: Segment) -> float | None:
    """How long a segment was, None while it lasts."""
    return segment.seconds if segment.seconds is not None else seconds(segment.started_at, segment.ended_at)


def waited_seconds(waits: list[Segment]) -> float | None:
    """All finished waits together."""
    known = [length for wait in waits if (length := segment_seconds(wait)) is not None]
    return sum(known) if known else None


def held_seconds(call: Call) -> float:
    """Seconds in which somebody was on hold, overlapping holds counted once."""
    total, until = 0, 0
    for start, end in sorted(_intervals(call.segments)):
        if end > until:
            total += end - max(start, until)
            until = end
    return total / 1_000_000


def _intervals(segments: Iterable[Segment]) -> Iterable[tuple[int, int]]:
    return ((s.started_at, s.ended_at) for s in segments if s.kind == "hold" and s.ended_at is not None)


def room(call: Call) -> str | None:
    """The first conference room of the call."""
    for segment in call.segments:
        if segment.kind == "conference":
            if named := segment.detail.get("room"):
                return str(named)
            return next((p.removeprefix("conference:") for p in segment.parties if p.startswith("conference:")), None)
    return None


def transfers(call: Call) -> tuple[int, bool]:
    """How many transfers people or commands tried, and whether one was completed."""
    tried = [transfer for transfer in call.transfers if transfer.kind in TRIED]
    return len(tried), any(transfer.result == "completed" for transfer in tried)


def search_terms(call: Call) -> list[tuple[str, str]]:
    """(kind, value) of every number, user, queue and link of the call, each once, in a stable order."""
    numbers = [call.from_.party, call.from_.number, call.dialled, call.answered_by]
    numbers += [party.party for party in call.parties]
    numbers += [offer.to for offer in call.offers]
    numbers += [transfer.to for transfer in call.transfers]
    users = [call.from_.user, *(party.user for party in call.parties)]
    terms = [("number", value) for value in numbers if value] + [("user", value) for value in users if value]
    terms += [("queue", name) for wait in queues(call) if (name := queue_name(wait))]
    terms += [("link", link.related) for link in call.links if link.related]
    return list(dict.fromkeys(terms))
