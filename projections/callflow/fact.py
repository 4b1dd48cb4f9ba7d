"""One fact about one leg: what the fold keeps of a switch event, and nothing else of it.

An event of a leg is some 5 kB of text; what decides a call fits into a few short values. Facts are what a call's state
is made of: a call is interpreted again from all its facts whenever one comes in, sorted by the switch's own clock and
counter. That is why order of arrival, doubles, page boundaries and restarts cannot change what a call becomes.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from core.event import SwitchEvent

Kind = Literal[
    "create",
    "answer",
    "progress",
    "early",
    "bridge",
    "unbridge",
    "hold",
    "unhold",
    "execute",
    "executed",
    "hangup",
    "complete",
    "renamed",
    "valet",
    "queue",
    "conference",
    "record",
    "recorded",
    "command",
    "bowout",
    "gap",
    "lost",
    "gone",
    "alive",
    "closed",
    "apart",
    "alike",
]


class Tie(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Another leg that belongs to the same call, and the field that says so."""

    leg: str
    why: str


class Fact(msgspec.Struct, array_like=True, frozen=True):
    """What one event says about one leg.

    `at` is the switch's clock in microseconds since 1970 (Event-Date-Timestamp); `run` and `seq` identify the event
    (the number of the switch core's life, and its Event-Sequence); `position` is where the event stands in the log.
    `data` holds the few values that count, under the short names of `reading`.
    """

    at: int
    run: int
    seq: int
    kind: Kind
    leg: str
    position: int
    switch: str
    data: dict[str, str]
    ties: tuple[Tie, ...] = ()

    @property
    def hops(self) -> list[str]:
        """What its leg is found by at the other end of a hop between two switches; nothing where it says of none."""
        return self.data.get("hop", "").split()

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts facts as they happened: the switch's clock, then its own counter."""
        return (self.at, self.run, self.seq)

    @property
    def identity(self) -> tuple[int, int, str, str]:
        """The same for the same fact, however often and by whomever it was received."""
        return (self.run, self.seq, self.kind, self.leg)


SEQUENCE = (1 << 40) - 1
"""the part of an event's version that is its Event-Sequence; the rest is the number of the run"""
OWN = "CUSTOM harmony::"
"""how the topics of our own events begin: what the bridge found out about a link or a leg. Their run is the bridge's"""


def fact_of(event: SwitchEvent, kind: Kind, leg: str, data: dict[str, str], ties: Sequence[Tie]) -> Fact:
    """What an event says about a leg."""
    return Fact(
        at=event.occurred_at,
        run=event.version >> 40,
        seq=event.version & SEQUENCE,
        kind=kind,
        leg=leg,
        position=event.position,
        switch=(event.get("Harmony-Switch") or event.switch) if event.topic.startswith(OWN) else event.switch,
        data=data,
        ties=tuple(tie for tie in ties if tie.leg != leg),
    )


class Reading(msgspec.Struct, frozen=True):
    """An event as a fold has read it, before anything follows from it."""

    event: SwitchEvent
    legs: Sequence[str] = ()
    """ids of legs that it refers to: their calls must be in memory when it is applied"""
    facts: Sequence[Fact] = ()
