"""How a stay in a queue came out: answered and by whom, abandoned, left for something else. Pure.

What happened next on the caller's line decides; the queue's own word (`CC-Cause`, `CC-Cancel-Reason`) says why it let
him go where nobody answered. Its word alone would not do: it calls a caller who was fetched out of the queue, or whose
transferor completed elsewhere, a break-out like one who hung up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from projections.callflow.fact import Fact
from projections.callflow.kinds import CONNECTS, SERVICES
from projections.callflow.leg import Leg
from projections.callflow.moves import service_party
from projections.callflow.timeline import Stretch

StayOutcome = Literal[
    "answered", "taken", "handed_on", "abandoned", "left_by_key", "overflowed", "timeout", "no_agent", "other"
]
# What a caller hears or what is noted of him, and is nowhere that he could have gone to.
_ASIDE = frozenset({"announcement", "early_media", "record", "monitor", "hold"})
_SOON = 2_000_000
"""µs between the end of a wait and the talk that ended it"""
_SAME = 200_000
"""µs between the end of one line's wait and the beginning of another's that takes its place in the queue"""
_AT_ONCE = 1_000_000
"""µs between the end of a wait and the hangup that ended it"""
# mod_callcenter.c, cc_member_cancel_reason2str.
_LET_GO: dict[str, StayOutcome] = {"TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "no_agent"}


class End(msgspec.Struct, frozen=True):
    """How it came out, who answered, where the caller went."""

    outcome: StayOutcome
    agent: str | None = None
    to: str | None = None
    """where an overflow went: a party, or a service such as queue:sales"""


class Stays:
    """The ends of the stays of one call."""

    def __init__(self, facts: Iterable[Fact], legs: dict[str, Leg], stretches: Sequence[Stretch]) -> None:
        self._legs = legs
        self._said: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.kind == "queue" and fact.data.get("action") in ("leave", "served"):
                self._said.setdefault(fact.leg, []).append(fact)
        self._waits = [stretch for stretch in stretches if stretch.kind == "queue"]
        waited = {stretch.legs[0] for stretch in self._waits}
        self._did: dict[str, list[Stretch]] = {leg: [] for leg in waited}
        for stretch in stretches:
            for leg in waited.intersection(stretch.legs):
                if stretch.kind not in _ASIDE:
                    self._did[leg].append(stretch)
        for did in self._did.values():
            did.sort(key=lambda stretch: stretch.started_at)

    def end(self, stay: Stretch) -> End | None:
        """None while the caller waits."""
        if stay.ended_at is None:
            return None
        leg, until = stay.legs[0], stay.ended_at
        words = [
            fact.data
            for fact in self._said.get(leg, ())
            if stay.started_at <= fact.at <= until + _SOON and fact.data.get("queue", "") == stay.what
        ]
        served = any(word.get("action") == "served" or word.get("cause") == "Terminated" for word in words)
        reason = next((word["reason"] for word in words if word.get("reason")), "")
        after = self._next(leg, stay)
        if after is not None and after.kind in CONNECTS and after.started_at - until <= _SOON:
            return End("answered" if served else "taken", agent=self._other(after, leg))
        if (heir := self._heir(stay, until)) is not None:
            return End("handed_on", to=self._legs[heir.legs[0]].party)
        if reason == "EXIT_WITH_KEY":
            return End("left_by_key", to=self._where(after, leg))
        if after is not None:
            return End("overflowed", to=self._where(after, leg))
        if reason in _LET_GO:
            return End(_LET_GO[reason])
        ended = self._legs[leg].ended_at
        if ended and ended - until <= _AT_ONCE:
            return End("abandoned")
        return End("other")

    def _heir(self, stay: Stretch, until: int) -> Stretch | None:
        """Who stands in the queue instead: a transfer put him there."""
        for other in self._waits:
            if other.legs[0] != stay.legs[0] and other.what == stay.what and abs(other.started_at - until) <= _SAME:
                return other
        return None

    def _next(self, leg: str, stay: Stretch) -> Stretch | None:
        did = self._did[leg]
        index = bisect_left(did, stay.ended_at or 0, key=lambda stretch: stretch.started_at)
        # What began in the same instant as the wait's end may stand before it.
        return next((one for one in did[index:] if one is not stay), None)

    def _other(self, stretch: Stretch, leg: str) -> str | None:
        me = self._legs[leg].party
        return next((party for one in stretch.legs if (party := self._legs[one].party) != me), None)

    def _where(self, stretch: Stretch | None, leg: str) -> str | None:
        if stretch is None:
            return None
        return service_party(stretch, self._legs[leg]) if stretch.kind in SERVICES else self._other(stretch, leg)
