"""How far a run over the log is, and how fast: what progress bars and metrics show. Measures; decides nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a runner is: `events` positions passed in `seconds` of work, towards `head`."""

    position: int
    head: int
    events: int = 0
    seconds: float = 0.0
    parked: int = 0

    @property
    def rate(self) -> float:
        """Positions a second."""
        return self.events / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far; None while that is not known."""
        return (self.head - self.position) / self.rate if self.rate else None


class PageTaken(msgspec.Struct):
    """What the worker fills in about its page."""

    reached: int
    parked: int = 0


class Meter:
    """Adds up pages."""

    def __init__(self) -> None:
        self.progress = Progress(position=0, head=0)

    def at(self, position: int, head: int) -> None:
        """Nothing was done; this is where things are."""
        self.progress = msgspec.structs.replace(self.progress, position=position, head=head)

    @contextmanager
    def page(self, position: int, head: int) -> Iterator[PageTaken]:
        """Time one page, which counts when it does not raise."""
        started = time.monotonic()
        taken = PageTaken(reached=position)
        yield taken
        self.progress = Progress(
            position=taken.reached,
            head=head,
            events=self.progress.events + taken.reached - position,
            seconds=self.progress.seconds + time.monotonic() - started,
            parked=self.progress.parked + taken.parked,
        )
