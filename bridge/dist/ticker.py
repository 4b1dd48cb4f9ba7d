"""When to tick and when to give up a silent peer. Time is an argument; nobody here looks at a clock.

A tick is never answered: libei echoes every tick, and two that echo never stop.
"""

from __future__ import annotations


class Ticker:
    """OTP's rule: a tick after a quarter of the tick time without a write, the end after five quarters of silence."""

    __slots__ = ("_heard", "_interval", "_next", "_patience", "_paused", "_wrote")

    def __init__(self, ticktime: float, now: float) -> None:
        self._interval = ticktime / 4
        self._patience = ticktime * 1.25
        self._next = now + self._interval
        self._heard = now
        self._wrote = False
        self._paused = False

    def wrote(self) -> None:
        """Something went out since the last look; a tick does not count, or every second one would be left out."""
        self._wrote = True

    def heard(self, now: float) -> None:
        """Something came in."""
        self._heard = now

    def pause(self) -> None:
        """We stopped reading ourselves: silence says nothing about the peer until `resume`."""
        self._paused = True

    def resume(self, now: float) -> None:
        self._paused = False
        self._heard = now

    def deadline(self) -> float:
        """When to call `due` next."""
        return self._next if self._paused else min(self._next, self._heard + self._patience)

    def silent(self, now: float) -> float | None:
        """For how long the peer has been silent, if that is too long."""
        silence = now - self._heard
        return silence if not self._paused and silence >= self._patience else None

    def due(self, now: float) -> bool:
        """Whether a tick has to go out now."""
        if now < self._next:
            return False
        tick = not self._wrote
        self._wrote = False
        self._next = now + self._interval
        return tick
