"""What a session notices in the events that pass: legs that begin and end, sessions that are missing, losses told.

Pure but for the set of legs that it keeps: terms in, findings out. Times are µs since the epoch.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.session.legs import Legs
from bridge.session.losses import Gap, SessionCount, lost_in_trap
from core.headers import header, text
from core.numbers import SESSIONS, instant, number

MARK_COMMAND: Final = b"echo"


class Overflow(msgspec.Struct, frozen=True):
    """The switch itself dropped events for us."""

    missing: int
    since: int
    until: int


class Marked(msgspec.Struct, frozen=True):
    """A mark of ours came back: everything that the switch had queued before it is here."""

    mark: str


class Miscount(msgspec.Struct, frozen=True):
    """In two heartbeats running the switch has another number of channels than we: time to ask."""

    switch: int
    ours: int


Finding = Gap | Overflow | Marked | Miscount


class Watch:
    """One link's watching, from its subscription on."""

    def __init__(self, legs: Legs, sessions: int | None, at: int) -> None:
        self.legs = legs
        self.sessions = SessionCount(sessions, at)
        self._clean = at
        self._miscounts = 0

    def look(self, name: bytes, term: bytes) -> Finding | None:
        """Take note of one of the watched events (see `sniff`); return what it proves."""
        match name:
            case b"CHANNEL_CREATE":
                self._created(term)
            case b"CHANNEL_DESTROY":
                if leg := header(term, b"Unique-ID"):
                    self.legs.end(text(leg))
            case b"CHANNEL_UUID":
                old, new = header(term, b"Old-Unique-ID"), header(term, b"Unique-ID")
                if old and new:
                    self.legs.rename(text(old), text(new))
            case b"HEARTBEAT":
                return self._heartbeat(term)
            case b"TRAP":
                return self._trap(term)
            case b"API" if header(term, b"API-Command") == MARK_COMMAND:
                return Marked(text(header(term, b"API-Command-Argument") or b""))
        return None

    def reconciled(self) -> None:
        """The legs were held against the switch's own list just now."""
        self._miscounts = 0

    def _created(self, term: bytes) -> None:
        if leg := header(term, b"Unique-ID"):
            self.legs.begin(text(leg))
        if header(term, b"variable_recovered") == b"true":
            self.sessions.forget()
        elif (session := _number(term, b"variable_session_id")) is not None:
            self.sessions.created(session)

    def _heartbeat(self, term: bytes) -> Finding | None:
        at = instant(header(term, b"Event-Date-Timestamp")) or 0
        startup, count = _number(term, b"Session-Since-Startup"), _number(term, b"Session-Count")
        gap = None if startup is None else self.sessions.heartbeat(startup, at)
        self._clean = at
        ours = len(self.legs)
        self._miscounts = self._miscounts + 1 if count is not None and count != ours else 0
        if gap is None and count is not None and self._miscounts >= 2:
            self._miscounts = 0
            return Miscount(count, ours)
        return gap

    def _trap(self, term: bytes) -> Finding | None:
        missing = lost_in_trap(text(header(term, b"info") or b""))
        if missing is None:
            return None
        return Overflow(missing, self._clean, instant(header(term, b"Event-Date-Timestamp")) or self._clean)


def _number(term: bytes, name: bytes) -> int | None:
    return number(header(term, name), SESSIONS)
