"""What a list shows of how a call went: the caller's own stretches of time, one behind the other. Pure.

Where the caller only waits for a phone that rings, the ringing is his stretch. Recording and who listens in are not.
"""

from datetime import datetime

import msgspec

_ASIDE = frozenset({"record", "monitor"})


class Stretch(msgspec.Struct, frozen=True):
    """One thing that went on for the caller."""

    kind: str
    begins: float
    """seconds since the call began"""
    ends: float | None
    """null: it lasts"""


class _Segment(msgspec.Struct, frozen=True):
    kind: str
    parties: list[str]
    started_at: datetime
    ended_at: datetime | None = None


class _From(msgspec.Struct, frozen=True):
    party: str | None = None


class _Call(msgspec.Struct, frozen=True):
    started_at: datetime
    segments: list[_Segment] = []
    from_: _From | None = msgspec.field(default=None, name="from")


_decode = msgspec.json.Decoder(_Call).decode
_NEVER = 1e12


def story(document: bytes) -> list[Stretch]:
    """The stretches of a call's document, in order."""
    call = _decode(document)
    caller = call.from_.party if call.from_ is not None else None
    own: list[Stretch] = []
    rings: list[Stretch] = []
    for segment in call.segments:
        if segment.kind in _ASIDE:
            continue
        since = (segment.started_at - call.started_at).total_seconds()
        until = None if segment.ended_at is None else (segment.ended_at - call.started_at).total_seconds()
        if caller in segment.parties:
            own.append(Stretch(segment.kind, since, until))
        elif segment.kind == "ring":
            rings.append(Stretch("ring", since, until))
    for ring in rings:
        own += _uncovered(ring, own)
    return sorted(own, key=lambda one: one.begins)


def _uncovered(ring: Stretch, covering: list[Stretch]) -> list[Stretch]:
    """What is left of a stretch where nothing else goes on."""
    left = [(ring.begins, _NEVER if ring.ends is None else ring.ends)]
    for one in covering:
        begin, end = one.begins, _NEVER if one.ends is None else one.ends
        pieces = []
        for since, until in left:
            pieces += [(since, min(until, begin)), (max(since, end), until)]
        left = [(since, until) for since, until in pieces if until > since]
    return [Stretch("ring", since, None if until == _NEVER else until) for since, until in left]
