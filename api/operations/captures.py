"""A capture file read as what a bridge would have stored: its events, and the times in which the listener was away.

Pure: records in, incoming events out. A record that is no event is a reply to the listener. `{'EXIT',Pid,Reason}` and
`{nodedown,Node}` say that the link went down; the `ok` after them answers the registration that brought it back. Both
become own events of Harmony, whose identity comes from the instants alone: importing twice stores once. Commands that a
listener sent are answered `ok` too, so without an EXIT only two of them close together, after a silence, are taken for
the answers to `register_event_handler` and `{event,'ALL'}`.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import msgspec

from core.capture import CaptureError, read_capture
from core.errors import HarmonyError, MalformedEvent
from core.headers import header, is_event, text
from core.log import EventLog, Incoming
from core.log.imported import Origin
from core.log.prepare import Preparer
from core.own_event import LINK_DOWN, LINK_UP, own_event

BATCH = 1000
"""Events a transaction."""
PAIR = 100_000
"""Microseconds between the answers to registration and subscription, at most (captures: 10 ms)."""
SILENCE = 1_000_000
"""Microseconds without a record that must lie before such a pair when no EXIT does."""


class _Reader:
    """What is known while a file is read: which switch, since when it is silent, whether the link is up."""

    def __init__(self, switch: str | None) -> None:
        self.fixed = switch
        self.switch = switch or "freeswitch@unknown"
        self.core: str = ""
        self.last_event: int | None = None
        self.down_at: int | None = None
        self.ok_at: int | None = None
        self.silent_since: int | None = None
        self.previous: int | None = None

    def event(self, received_at: int, term: bytes) -> Iterator[Incoming]:
        if self.down_at is not None and self.ok_at is not None:
            yield self.own(LINK_UP, self.ok_at, self.down_at, self.ok_at)
            self.down_at = None
        self.ok_at = self.silent_since = None
        if self.fixed is None and (name := _header(term, b"FreeSWITCH-Switchname")):
            self.switch = f"freeswitch@{name}"
        self.core = _header(term, b"Core-UUID") or self.core
        self.last_event = received_at
        yield Incoming(switch=self.switch, term=term, received_at=received_at)

    def reply(self, received_at: int, term: bytes) -> Iterator[Incoming]:
        if self.last_event is None:
            return  # before the first event: the answers to the first registration
        if _is_down(term):
            if self.down_at is None:
                yield from self.lost(self.last_event, received_at)
        elif _is_ok(term):
            if self.down_at is None:
                yield from self.unannounced(received_at)
            self.ok_at = received_at

    def lost(self, since: int, until: int) -> Iterator[Incoming]:
        self.down_at, self.ok_at = until, None
        yield self.own(LINK_DOWN, until, since, until)

    def unannounced(self, received_at: int) -> Iterator[Incoming]:
        """Two answers close together after a silence: the listener was away, and nobody recorded why."""
        assert self.previous is not None
        if received_at - self.previous > SILENCE:
            self.silent_since = self.previous
        elif self.silent_since is not None and self.ok_at is not None and received_at - self.ok_at <= PAIR:
            yield from self.lost(self.silent_since, self.ok_at)

    def own(self, name: str, at: int, since: int, until: int) -> Incoming:
        run = uuid5(NAMESPACE_URL, f"harmony:import:{self.switch}:{self.down_at}")
        headers: dict[str, str | int] = {
            "Harmony_Switch": self.switch,
            "Harmony_Core_UUID": self.core,
            "Harmony_Since": since,
            "Harmony_Until": until,
        }
        sequence = 1 if name == LINK_DOWN else 2
        term = own_event(name, str(run), sequence, at, **headers)
        return Incoming(switch=self.switch, term=term, received_at=at)


def incoming(records: Iterable[tuple[int, bytes, int]], switch: str | None = None) -> Iterator[tuple[Incoming, int]]:
    """What a capture's records `(received_at, term, offset)` are to the log, each with the offset of its record.

    `switch` names the switch's node; None: `freeswitch@` and the events' FreeSWITCH-Switchname.
    """
    reader = _Reader(switch)
    for received_at, term, offset in records:
        for item in reader.event(received_at, term) if is_event(term) else reader.reply(received_at, term):
            yield item, offset
        reader.previous = received_at


def _header(term: bytes, name: bytes) -> str:
    """A header's text; an event too broken to have it goes on to the log all the same, which parks it."""
    try:
        return text(header(term, name) or b"")
    except MalformedEvent:
        return ""


def _is_ok(term: bytes) -> bool:
    return term in (b"\x83d\x00\x02ok", b"\x83w\x02ok", b"\x83s\x02ok")


def _is_down(term: bytes) -> bool:
    exits = (b"\x83h\x03d\x00\x04EXIT", b"\x83h\x03w\x04EXIT", b"\x83h\x03s\x04EXIT")
    return term.startswith(
        (*exits, b"\x83h\x02d\x00\x08nodedown", b"\x83h\x02w\x08nodedown", b"\x83h\x02s\x08nodedown")
    )


class Imported(msgspec.Struct, frozen=True):
    """What became of one file: events read (own events included), how many were new, and why the rest was refused."""

    events: int
    stored: int
    refused: str | None = None
    code: str | None = None
    skipped: int = 0
    """Events that an earlier import of this file had stored: they were checked, and not stored again."""
    head: str | None = None
    """What the file's chain comes to, for a file with a chain."""


def import_file(
    log: EventLog, path: Path, switch: str | None, advance: Callable[[float], None], dtmf: str = "keep"
) -> Imported:
    """Store a capture's events. A file that turns out to be cut or foreign is refused; what was good before it stays.

    `advance` is told the offset up to which the file is stored; `dtmf` is the policy of the settings.
    """
    events = stored = 0
    batch: list[Incoming] = []
    preparer = Preparer(dtmf)
    origin = Origin(path.name)
    offset = 0
    refused: HarmonyError | None = None
    try:
        for item, offset in incoming(read_capture(path), switch):
            batch.append(item)
            if len(batch) >= BATCH:
                stored += log.append_prepared(preparer.prepare(batch), origin)
                events += len(batch)
                batch = []
                advance(offset)
    except CaptureError as problem:
        refused = problem
    except OSError as problem:
        refused = CaptureError(f"{path} cannot be read ({problem.strerror}): correct its name or its rights.", 0)
    if batch:
        stored += log.append_prepared(preparer.prepare(batch), origin)
        events += len(batch)
        advance(offset)
    if refused is None:
        return Imported(events, stored)
    return Imported(events, stored, f"{refused} {events} events before it are stored.", refused.code)
