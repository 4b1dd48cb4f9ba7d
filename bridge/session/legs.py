"""The legs that live on a switch, by our own account: from the events alone.

A light set of ids, to be held against what the switch says when we ask it. What a leg is doing is the fold's business.
"""

from __future__ import annotations

from collections.abc import Iterable


class Legs:
    """The ids of the legs whose begin was seen and whose end was not."""

    def __init__(self, alive: Iterable[str] = ()) -> None:
        self._alive = set(alive)
        self._ended: set[str] | None = None

    def __len__(self) -> int:
        return len(self._alive)

    def __contains__(self, leg: object) -> bool:
        return leg in self._alive

    def alive(self) -> frozenset[str]:
        """Return the ids as they are now."""
        return frozenset(self._alive)

    def begin(self, leg: str) -> None:
        """A leg was created, or is known to live."""
        self._alive.add(leg)

    def end(self, leg: str) -> None:
        """A leg was destroyed, or is known to be gone."""
        self._alive.discard(leg)
        if self._ended is not None:
            self._ended.add(leg)

    def rename(self, old: str, new: str) -> None:
        """A leg goes on under another id (CHANNEL_UUID)."""
        if old in self._alive:
            self._alive.discard(old)
            self._alive.add(new)

    def watch_ends(self) -> None:
        """From now on remember which legs end, so that a slow answer about one of them is not believed."""
        self._ended = set()

    def ended(self, leg: str) -> bool:
        """Say whether the leg ended since `watch_ends`."""
        return self._ended is not None and leg in self._ended

    def watched_enough(self) -> None:
        """Stop remembering."""
        self._ended = None
