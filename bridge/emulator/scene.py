"""A recorded call, cut up once so that it can be played many times as other calls.

Each header's value becomes pieces: bytes that stay, and places where a UUID, a SIP Call-ID, a time, a session number or
the event's sequence stood. Pure; `take` puts new values into the places.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterable
from enum import Enum
from typing import Final

import msgspec

from bridge.emulator.cast import NUMBERS_ONLY, PEOPLE
from core.errors import MalformedEvent
from core.headers import header
from core.terms import content, head, opening, walk

_HOUR: Final = 3_600_000_000
_STAMP: Final = "%Y-%m-%d %H:%M:%S"
_GMT: Final = "%a, %d %b %Y %H:%M:%S GMT"
_UUID: Final = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PLACES: Final = (
    rb"(?P<uuid>%b)|(?P<micros>(?<!\d)\d{16}(?!\d))|(?P<seconds>(?<!\d)\d{10}(?!\d))"
    rb"|(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)|(?P<gmt>[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)"
    % _UUID
)
_PEOPLE: Final = (
    rb"(?P<person>(?:(?<![\d.])|(?<=\+4930555))100[1-6](?![\d.])|(?:%b)(?=(?: |%%20)(?:Alpha|Beta)))"
    rb"|(?P<company>(?<![A-Za-z])(?:[Aa]lpha|[Bb]eta)(?![a-z]))" % b"|".join(PEOPLE.values())
)
_CALL_ID: Final = 20  # a shorter one could be part of anything
_LEFT_OUT: Final = frozenset({b"HEARTBEAT", b"RE_SCHEDULE"})  # an emulated core makes its own


class Place(Enum):
    """What stood at a place."""

    CORE = "core"
    UUID = "uuid"
    CALL_ID = "call-id"
    MICROS = "micros"
    SECONDS = "seconds"
    STAMP = "stamp"
    GMT = "gmt"
    PERSON = "person"
    COMPANY = "company"
    SESSION = "session"
    SEQUENCE = "sequence"


class Hole(msgspec.Struct, frozen=True):
    """A place and what stood there: bytes for an identifier, µs since the epoch for a time."""

    place: Place
    was: bytes = b""
    at: int = 0


Pieces = tuple[bytes | Hole, ...]


class Recorded(msgspec.Struct, frozen=True):
    """One event of a scene."""

    name: str
    subclass: str
    leg: Pieces | None
    headers: tuple[tuple[bytes, Pieces], ...]
    at: int
    """µs after the scene's begin"""


class Scene(msgspec.Struct, frozen=True):
    """One recorded call, or several that belong together."""

    name: str
    began: int
    """µs since the epoch, when it was recorded"""
    events: tuple[Recorded, ...]

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self.events[-1].at / 1e6 if self.events else 0.0


def read_scene(name: str, records: Iterable[tuple[int, bytes]]) -> Scene:
    """Cut up the events among the records of a capture (received_at in µs, term); what is no event is passed over."""
    kept = [(at, term) for at, term in records if _is_played(term)]
    if not kept:
        return Scene(name, 0, ())
    began = kept[0][0]
    cutter = _Cutter([term for _, term in kept], began - _HOUR, kept[-1][0] + _HOUR)
    return Scene(name, began, tuple(cutter.cut(term, at - began) for at, term in kept))


def _is_played(term: bytes) -> bool:
    try:
        opening(term)
    except MalformedEvent:
        return False
    return header(term, b"Event-Name") not in _LEFT_OUT


class _Cutter:
    """Knows what counts as an identifier or a time in one capture."""

    def __init__(self, terms: list[bytes], low: int, high: int) -> None:
        self._low, self._high = low, high
        self._cores = {core for term in terms if (core := header(term, b"Core-UUID"))}
        call_ids = {call for term in terms if (call := header(term, b"variable_sip_call_id")) and len(call) >= _CALL_ID}
        named = b"|".join(map(re.escape, sorted(call_ids)))
        calls = b"(?P<call_id>%b)|" % named if named else b""
        self._find = re.compile(calls + _PLACES).finditer
        self._find_people = re.compile(calls + _PLACES + b"|" + _PEOPLE).finditer

    def cut(self, term: bytes, at: int) -> Recorded:
        leg, _ = head(term, opening(term) + 4)
        pairs = [(content(term, name), content(term, value)) for name, value in walk(term)]
        return Recorded(
            name=(header(term, b"Event-Name") or b"").decode("latin-1"),
            subclass=(header(term, b"Event-Subclass") or b"").decode("latin-1"),
            leg=None if leg is None else self._pieces(leg),
            headers=tuple((name, self._value(name, value)) for name, value in pairs),
            at=at,
        )

    def _value(self, name: bytes, value: bytes) -> Pieces:
        if name == b"Event-Sequence":
            return (Hole(Place.SEQUENCE),)
        if name == b"variable_session_id":
            return (Hole(Place.SESSION, value),)
        return self._pieces(value, people=not name.endswith(NUMBERS_ONLY))

    def _pieces(self, value: bytes, people: bool = False) -> Pieces:
        pieces: list[bytes | Hole] = []
        done = 0
        for found in (self._find_people if people else self._find)(value):
            hole = self._hole(found.lastgroup or "", found[0])
            if hole is not None:
                pieces += [value[done : found.start()], hole]
                done = found.end()
        return (*pieces, value[done:]) if pieces else (value,)

    def _hole(self, kind: str, text: bytes) -> Hole | None:
        match kind:
            case "uuid":
                return Hole(Place.CORE if text in self._cores else Place.UUID, text)
            case "call_id":
                return Hole(Place.CALL_ID, text)
            case "person":
                return Hole(Place.PERSON, text)
            case "company":
                return Hole(Place.COMPANY, text)
            case "micros":
                return self._time(Place.MICROS, int(text))
            case "seconds":
                return self._time(Place.SECONDS, int(text) * 1_000_000)
            case "stamp":
                return self._time(Place.STAMP, _parse(text, _STAMP))
            case _:
                return self._time(Place.GMT, _parse(text, _GMT))

    def _time(self, place: Place, at: int) -> Hole | None:
        return Hole(place, at=at) if self._low <= at <= self._high else None


def _parse(text: bytes, layout: str) -> int:
    try:
        return calendar.timegm(time.strptime(text.decode(), layout)) * 1_000_000
    except ValueError:
        return 0
