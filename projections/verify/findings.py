"""What an account of the log finds: what is missing and when, and the losses that the log itself tells of."""

import msgspec


class Missing(msgspec.Struct, frozen=True):
    """Something that must have been there and is not. Instants are µs since the epoch, by the switch's clock."""

    code: str
    """missing.begin, .answer, .hangup, .end (of a leg), .leg, .sessions, .silence"""
    switch: str
    what: str
    """one sentence"""
    since: int
    until: int
    leg: str | None = None
    position: int | None = None
    """of the event that proves it"""
    count: int = 1
    """how many legs or sessions this is about"""


class Loss(msgspec.Struct, frozen=True):
    """A loss that the log tells of itself, in an event of our own."""

    kind: str
    """link (nobody was listening), gap (proven while the link stood), overflow (the switch dropped), spool, parked"""
    switch: str
    since: int
    until: int | None
    """None: it has not ended"""
    missing: int | None
    """how many events, or begins of legs (gap), where that is known"""
    position: int
    """of the event that tells it; 0: none does yet, a bridge ended without a word"""
    bridge: str = ""
    """the node name of the bridge that missed it; empty where the log does not say"""
    explains: int = 0
    """how many things are missing for this"""
