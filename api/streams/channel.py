"""Readers of one filter together, and how an event finds the channels that may want it. Belongs to the event loop.

A channel keeps references to the newest events that match; the events themselves are there once for all channels.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar, cast

from api.streams.pieces import Entry
from api.streams.source import Source

T = TypeVar("T")


class Channel:
    """One filter, and the newest events that it lets through. Who reads it, the hub knows."""

    def __init__(self, wanted: Any, keys: list[Hashable], known_from: int) -> None:
        self.wanted = wanted
        self.keys = keys
        self.known_from = known_from
        """all that matches behind this position is in memory"""
        self.empty_since = 0.0
        self._recent: deque[Entry] = deque()
        self._found: tuple[tuple[int, int, int], list[Entry]] = ((0, 0, 0), [])
        self._shared: dict[str, tuple[tuple[int, int], object]] = {}

    def add(self, entry: Entry) -> None:
        self._recent.append(entry)

    @property
    def newest(self) -> int:
        return self._recent[-1].position if self._recent else 0

    def forget(self, upto: int) -> None:
        """Keep nothing at or before a position."""
        recent = self._recent
        while recent and recent[0].position <= upto:
            recent.popleft()
        self.known_from = max(self.known_from, upto)

    def behind(self, position: int, most: int) -> list[Entry]:
        """The first matching events behind a position that is in memory; readers who are equally far share the list."""
        recent = self._recent
        if not recent or recent[-1].position <= position:
            return []
        span = (position, recent[-1].position, most)
        if self._found[0] != span:
            found: list[Entry] = []
            for entry in reversed(recent):  # most readers are at the head
                if entry.position <= position:
                    break
                found.append(entry)
            found.reverse()
            self._found = (span, found[:most])
        return self._found[1]

    def sse(self, entries: list[Entry]) -> bytes:
        """The events as server-sent events, in one piece; readers who are equally far share it."""
        return self._once("sse", entries, lambda: b"".join([entry.sse for entry in entries]))

    def batch(self, entries: list[Entry]) -> str:
        """The events as one JSON array."""
        return self._once("batch", entries, lambda: f"[{','.join([e.text for e in entries])}]")

    def _once(self, form: str, entries: list[Entry], make: Callable[[], T]) -> T:
        span = (entries[0].position, entries[-1].position)
        kept = self._shared.get(form)
        if kept is None or kept[0] != span:
            kept = self._shared[form] = (span, make())
        return cast("T", kept[1])


class Index:
    """Channels by what their filter asks for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._channels: dict[Any, Channel] = {}
        self._by_key: dict[Hashable, list[Channel]] = {}
        self._others: list[Channel] = []
        """those whose filter has nothing to look up: every event visits them"""

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._channels.values()))

    def __len__(self) -> int:
        return len(self._channels)

    def get(self, wanted: Any, head: int) -> Channel:
        """The channel of a filter, made if need be, which then knows what comes behind `head`."""
        channel = self._channels.get(wanted)
        if channel is None:
            channel = self._channels[wanted] = Channel(wanted, self._source.index_under(wanted), head)
            for place in self._places(channel):
                place.append(channel)
        return channel

    def remove(self, channel: Channel) -> None:
        del self._channels[channel.wanted]
        for place in self._places(channel):
            place.remove(channel)
        for key in channel.keys:
            if not self._by_key.get(key, True):
                del self._by_key[key]

    def clear(self) -> None:
        for channel in self:
            self.remove(channel)

    def takers(self, entry: Entry) -> list[Channel]:
        """The channels that want an event, each once."""
        event, matches = entry.event, self._source.matches
        found = [channel for channel in self._others if matches(channel.wanted, event)]
        if self._by_key:
            seen: set[int] = set()
            for key in self._source.keys_of(event):
                for channel in self._by_key.get(key, ()):
                    if id(channel) not in seen:
                        seen.add(id(channel))
                        if matches(channel.wanted, event):
                            found.append(channel)
        return found

    def _places(self, channel: Channel) -> list[list[Channel]]:
        return [self._by_key.setdefault(key, []) for key in channel.keys] or [self._others]
