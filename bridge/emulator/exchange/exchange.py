"""The emulated switch's model: channels, phones, threads, a clock that is passed in, and the events that come of it.

No socket, no watch, no randomness of its own: the driver lets time pass (`advance`), takes the events (`out`), answers
what is fetched, and hands in commands (`bridge.emulator.exchange.commands`). What acts do is in the modules beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID

from bridge.emulator.core import Core
from bridge.emulator.exchange import headers
from bridge.emulator.exchange.channel import Channel, Handset, Profile, Times
from bridge.emulator.exchange.threads import TICK, Thread, Threads
from bridge.emulator.writing import write_event

PATIENCE: Final = 5_000_000
"""µs that the switch waits for what it fetched"""


class Event(NamedTuple):
    """One event, as it is sent."""

    name: str
    subclass: str
    term: bytes


class Fetch:
    """Something that the switch asks: whoever is bound for the section sets ``answer``, "" for nothing."""

    def __init__(
        self, fetch_id: str, section: str, which: tuple[str, str, str], leg: str | None, values: list[headers.Header]
    ) -> None:
        """``which``: tag, key and value."""
        self.fetch_id, self.section, self.which, self.leg, self.values = fetch_id, section, which, leg, values
        self.answer: str | None = None


class Exchange:
    """One switch."""

    def __init__(self, core: Core, now: int, random: Random, *, late: bool = False) -> None:
        """``late``: codecs are negotiated when a leg is answered and not when it comes (inbound-late-negotiation)."""
        self.core, self.random, self.late = core, random, late
        self.threads = Threads(now)
        self.out: list[Event] = []
        self.channels: dict[str, Channel] = {}
        self.phones: dict[str, Handset] = {}
        self.hash: dict[str, str] = {}
        self.fetched: Callable[[Fetch], None] | None = None
        """who is told of fetches; nobody: nothing is found"""
        self.kept: Callable[[str, int], None] | None = None
        """who writes the sound of what was recorded: path, µs; nobody: there are no files"""
        self.pending: dict[str, Fetch] = {}
        self.parts: dict[type, Any] = {}
        """what modules of the switch keep (rooms, lots, queues), by their class"""

    @property
    def now(self) -> int:
        """The event clock, µs since the epoch: it moves in ticks."""
        return self.threads.now - self.threads.now % TICK

    def advance(self, now: int) -> list[Event]:
        """Let time pass up to ``now`` and return the events that it brought."""
        self.threads.run(now)
        out, self.out = self.out, []
        return out

    def start(self, thread: Thread[Any]) -> None:
        """Let a thread of the switch run."""
        self.threads.start(thread)

    def new_uuid(self) -> str:
        """Return an id for a leg, a job, an application."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    # -- events ---------------------------------------------------------------------------------------------------

    def fire(self, name: str, more: Iterable[headers.Header] = (), subclass: str = "") -> None:
        """Make an event of the core's own."""
        pairs = headers.opening(name, subclass, self.core.core_uuid, self.now, next(self.core.sequence))
        self._send(name, subclass, None, [*pairs, *more])

    def emit(
        self,
        channel: Channel,
        name: str,
        more: Iterable[headers.Header] = (),
        *,
        first: Iterable[headers.Header] = (),
        subclass: str = "",
    ) -> None:
        """Make an event of a channel's: ``first`` stands before what the channel says of itself, ``more`` behind."""
        pairs = headers.opening(name, subclass, self.core.core_uuid, self.now, next(self.core.sequence))
        pairs += [*first, *headers.of_channel(channel)]
        if f"{name} {subclass}".strip() not in headers.BARE:
            pairs += headers.of_variables(channel)
        self._send(name, subclass, channel.uuid, [*pairs, *more])

    def _send(self, name: str, subclass: str, leg: str | None, pairs: list[headers.Header]) -> None:
        encoded = [(key.encode(), value.encode()) for key, value in pairs]
        term = write_event(None if leg is None else leg.encode(), encoded, self.core.encoding == "binary")
        self.out.append(Event(name, subclass, term))

    def keep(self, path: str, micros: int) -> None:
        """A recording has ended."""
        if self.kept is not None:
            self.kept(path, micros)

    # -- channels -------------------------------------------------------------------------------------------------

    def new_channel(self, profile: Profile, name: str, uuid: str = "") -> Channel:
        """Return a channel that nobody has heard of yet."""
        leg = uuid or self.new_uuid()
        self.core.sessions += 1
        profile.uuid, profile.channel_name = leg, name
        channel = Channel(
            uuid=leg,
            name=name,
            profile=profile,
            times=Times(profile=self.now, created=self.now),
            variables={"direction": profile.direction},
        )
        if channel.outbound:
            channel.variables["is_outbound"] = "true"
        channel.variables |= {"uuid": leg, "session_id": str(self.core.sessions), "channel_name": name}
        self.channels[leg] = channel
        return channel

    def rename(self, channel: Channel, uuid: str) -> None:
        """Give a channel the id that was wanted for it."""
        old = channel.uuid
        del self.channels[old]
        channel.uuid = channel.profile.uuid = channel.variables["uuid"] = uuid
        self.channels[uuid] = channel
        self.emit(channel, "CHANNEL_UUID", [("Old-Unique-ID", old)])

    # -- fetches --------------------------------------------------------------------------------------------------

    def fetch(
        self, section: str, tag: str, key: str, value: str, values: Iterable[headers.Header], leg: str | None = None
    ) -> Fetch:
        """Ask; the answer comes, or not (`asking`)."""
        opened = headers.opening("REQUEST_PARAMS", "", self.core.core_uuid, self.now, next(self.core.sequence))
        asked = Fetch(self.new_uuid(), section, (tag, key, value), leg, [*opened, *values])
        if self.fetched is None:
            asked.answer = ""
        else:
            self.pending[asked.fetch_id] = asked
            self.fetched(asked)
        return asked

    def reply(self, fetch_id: str, xml: str) -> bool:
        """Take the answer to a fetch; False for one that nobody waits for."""
        asked = self.pending.pop(fetch_id, None)
        if asked is None:
            return False
        asked.answer = xml
        return True
