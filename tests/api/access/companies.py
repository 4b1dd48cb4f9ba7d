"""Three companies in one database that use the same numbers, queues and rooms at once; one is marked unmistakably.

BRAVO's events are those of ALPHA with its domain, its names, its outside numbers and all its ids changed, so that any
byte of it can be told wherever it turns up.
"""

import re
from collections.abc import Iterable

import msgspec

from core.headers import header
from core.log.eventlog import EventLog
from core.log.prepare import Incoming
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.projections.filling import events_of

ALPHA, BRAVO, GAMMA = "alpha.example", "bravo.example", "gamma.example"
ENDED = ("01-*", "10-*", "30-*", "39-*", "46-*", "24-*")
LIVE = ("17-*", "27-*", "30-*")
"""cut in the middle: what they tell goes on"""
MARKS = (b"bravo.example", b"Zqxvj", b"b0b0b0b0-", b"4999888777", b"zq-secret")
"""what is in nothing but BRAVO's"""
_UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_SAME_LENGTH = {
    b"alpha.example": b"bravo.example",
    b"Alpha": b"Zqxvj",
    b"491701234567": b"499988877766",
    b"01701234567": b"04999888777",
}


def of_bravo(events: Iterable[Incoming]) -> list[Incoming]:
    """The same events as happened to the other company, on its own switch."""
    return [msgspec.structs.replace(one, switch=f"{one.switch}-b", term=_changed(one.term)) for one in events]


def _changed(term: bytes) -> bytes:
    for old, new in _SAME_LENGTH.items():
        assert len(old) == len(new)
        term = term.replace(old, new)
    return _UUID.sub(rb"b0b0b0b0\1", term)


def again(events: Iterable[Incoming], mark: bytes) -> list[Incoming]:
    """The same events as of other legs, on another switch; `mark` has four hexadecimal digits."""
    switch = f"freeswitch@{mark.decode()}"
    return [
        msgspec.structs.replace(
            one, switch=switch, term=re.sub(rb"[0-9a-f]{4}(-[0-9a-f]{12})", mark + rb"\1", one.term)
        )
        for one in events
    ]


def fill(dsn: str) -> None:
    """Calls that have ended and calls that live, of both, mixed; and a few of the third."""
    with EventLog(dsn) as log:
        for pattern in ENDED:
            both(log, list(events_of(pattern)))
        log.append(between())
        log.append(events_of("56-*"))
        for number, pattern in enumerate(LIVE):
            both(log, begun(pattern, b"a%03d" % number))
    Runner(dsn, CallFold, TOPICS).run_once()


def between() -> list[Incoming]:
    """ALPHA calls BRAVO's number by a trunk between the two switches: one dialog, whose Call-ID both know."""
    told = []
    for one in events_of("270-*"):
        if not one.switch.endswith("fs-two"):
            told.append(one)
            continue
        (theirs,) = of_bravo([one])
        call_id = header(one.term, b"variable_sip_call_id")
        if call_id and header(one.term, b"Call-Direction") == b"inbound":
            theirs = msgspec.structs.replace(theirs, term=theirs.term.replace(_changed(call_id), call_id))
        told.append(theirs)
    return told


def begun(pattern: str, mark: bytes) -> list[Incoming]:
    """A recorded call until somebody hangs up, made another call."""
    events = list(events_of(pattern))
    talks = next(n for n, one in enumerate(events) if b"CHANNEL_BRIDGE" in one.term or b"add-member" in one.term)
    ends = next(n for n, one in enumerate(events) if n > talks and b"CHANNEL_HANGUP" in one.term)
    return again(events[:ends], mark)


def both(log: EventLog, events: list[Incoming]) -> None:
    """Store events for both companies, a few at a time by turns."""
    others = of_bravo(events)
    for at in range(0, len(events), 40):
        log.append(events[at : at + 40])
        log.append(others[at : at + 40])
