"""A capture file read as what a bridge would have stored: its events, and the times in which the listener was away.

Pure: records in, incoming events out. A record that is no event is a reply to the listener. `{'EXIT',Pid,Reason}` and
`{nodedown,Node}` say that the link went down; the `ok` after them answers the registration that brought it back. Both
become own events of Harmony, whose identity comes from the instants alone: importing twice stores once. Commands that a
listener sent are answered `ok` too, so without an EXIT only two of them close together, after a silence, are taken for
the answers to `register_event_handler` and `{event,'ALL'}`.
"""

from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, uuid5

from core.event import Incoming
from core.headers import header, text
from core.own_event import own_event

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
            yield self.own("link_up", self.ok_at, self.down_at, self.ok_at)
            self.down_at = None
        self.ok_at = self.silent_since = None
        if self.fixed is None and (name := header(term, b"FreeSWITCH-Switchname")):
            self.switch = f"freeswitch@{text(name)}"
        self.core = text(header(term, b"Core-UUID") or b"") or self.core
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
        yield self.own("link_down", until, since, until)

    def unannounced(self, received_at: int) -> Iterator[Incoming]:
        """Two answers close together after a silence: the listener was away, and nobody recorded why."""
        assert self.previous is not None
        if received_at - self.previous > SILENCE:
            self.silent_since = self.previous
        elif self.silent_since is not None and self.ok_at is not None and received_at - self.ok_at <= PAIR:
            yield from self.lost(self.last_event or self.silent_since, self.silent_since)

    def own(self, name: str, at: int, since: int, until: int) -> Incoming:
        run = uuid5(NAMESPACE_URL, f"harmony:import:{self.switch}:{self.down_at}")
        headers = {
            "Harmony-Switch": self.switch,
            "Harmony-Core-UUID": self.core,
            "Harmony-Since": str(since),
            "Harmony-Until": str(until),
        }
        sequence = 1 if name == "link_down" else 2
        term = own_event(f"harmony::{name}", str(run), sequence, at, **headers)
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


def is_event(term: bytes) -> bool:
    """Whether a message is `{event,[...]}`, whatever tag its atom has (OTP erl_ext_dist)."""
    return term.startswith((b"\x83h\x02d\x00\x05event", b"\x83h\x02w\x05event", b"\x83h\x02s\x05event"))


def _is_ok(term: bytes) -> bool:
    return term in (b"\x83d\x00\x02ok", b"\x83w\x02ok", b"\x83s\x02ok")


def _is_down(term: bytes) -> bool:
    exits = (b"\x83h\x03d\x00\x04EXIT", b"\x83h\x03w\x04EXIT", b"\x83h\x03s\x04EXIT")
    return term.startswith((*exits, b"\x83h\x02d\x00\x08nodedown", b"\x83h\x02w\x08nodedown", b"\x83h\x02s\x08nodedown"))
