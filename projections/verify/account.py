"""One account of the whole log: each event passes once, and in the end it says what must be missing, and why.

A begin before the log first heard a core, an end in a core that was followed by another, whatever falls into
a loss that the log tells of itself or into a silence: all this is explained, and counted, not complained of.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from core import own_event as own
from core.event import SwitchEvent, stream_of
from core.numbers import SESSIONS, number
from projections.verify.coverage import Coverage
from projections.verify.findings import Loss, Missing
from projections.verify.legs import Leg, Legs, when
from projections.verify.listening import Heard
from projections.verify.losses import Losses
from projections.verify.sessions import Hole, Sessions

OWN = "CUSTOM harmony::"
SETTLED = 5_000_000
"""µs after which a leg that is quiet may be held against a heartbeat's count"""
_GONE = f"CUSTOM {own.CHANNEL_GONE}"


class Report(msgspec.Struct, frozen=True):
    """What came of it."""

    missing: list[Missing]
    """by time; what no loss explains"""
    losses: list[Loss]
    explained: dict[str, int]
    """how many things are missing for a reason that is known, by reason"""
    legs: int
    living: int
    """legs that have no end yet, and nothing speaks against that"""
    left_out: int
    """findings past those that are kept"""


class _Run:
    """One life of a switch's core."""

    def __init__(self, switch: str) -> None:
        self.switch = switch
        self.coverage = Coverage()
        self.sessions = Sessions()
        self.miscounts = 0


class Account:
    """Takes events in the order of the log."""

    def __init__(self) -> None:
        self.legs = Legs()
        self.losses = Losses()
        self._runs: dict[int, _Run] = {}
        self._cores: set[int] = set()
        self.events = 0

    @property
    def cores(self) -> int:
        """How many lives of switch cores, and of processes of ours, there were."""
        return len(self._cores)

    def take(self, event: SwitchEvent) -> None:
        topic = event.topic
        self.events += 1
        self._cores.add(event.run)
        if topic.startswith(OWN):
            self._own(event)
            return
        run = self._runs.get(event.run)
        if run is None:
            run = self._runs[event.run] = _Run(event.switch)
        run.coverage.add(event.occurred_at)
        if topic.startswith("CHANNEL_"):
            leg = self.legs.take(event)
            if topic in ("CHANNEL_CREATE", "CHANNEL_DESTROY") or not leg.begun:
                self._session(run, leg, event)
        elif topic == "HEARTBEAT":
            self._heartbeat(run, event)

    def _own(self, event: SwitchEvent) -> None:
        leg = event.leg
        if leg is None:
            self.losses.take(event)
        elif event.topic == _GONE:
            self.legs.proven_gone(stream_of(leg), event.occurred_at, "its switch did not know it any more")

    def _session(self, run: _Run, leg: Leg, event: SwitchEvent) -> None:
        if event.topic == "CHANNEL_CREATE" and event.get("variable_recovered") == "true":
            run.sessions.recovered = True
        elif leg.session is not None:
            run.sessions.seen(leg.session, leg.since)

    def _heartbeat(self, run: _Run, event: SwitchEvent) -> None:
        at = event.occurred_at
        since_startup, count = number(event.get("Session-Since-Startup"), SESSIONS), number(event.get("Session-Count"))
        if since_startup is not None:
            run.sessions.heartbeat(since_startup, at)
        if count is None:
            return
        ours = [
            (stream, leg)
            for stream, leg in self.legs.open.items()
            if leg.run == event.run and leg.hung_up is None and leg.since < at - SETTLED
        ]
        quiet = [(stream, leg) for stream, leg in ours if leg.last_at < at - SETTLED]
        over = len(ours) - count
        run.miscounts = run.miscounts + 1 if over > 0 else 0
        if over > 0 and (over == len(quiet) and (count == 0 or run.miscounts > 1)):
            says = f"the HEARTBEAT at position {event.position} counts {count} sessions"
            for stream, _ in quiet:
                self.legs.proven_gone(stream, at, says)

    def report(self, heard: Iterable[Heard] = ()) -> Report:
        """Say what must be missing. To be asked once, at the end. ``heard``: what the bridges report of themselves."""
        self.losses.settle(heard)
        self._end_with_their_core()
        self.legs.settle({number: run.coverage.last for number, run in self._runs.items()})
        explained: Counter[str] = Counter()
        missing: list[Missing] = []
        for run in self._runs.values():
            for since, until in run.coverage.silences():
                if not self.losses.explain(run.switch, since, until):
                    missing.append(_silence(run.switch, since, until))
        candidates = [*self.legs.judged, *self._unseen()]
        for number_, one in candidates:
            reason = self._reason(number_, one)
            if reason is None:
                missing.append(one)
            else:
                explained[reason] += one.count
        missing.sort(key=lambda one: (one.since, one.position or 0))
        living = sum(1 for leg in self.legs.open.values() if leg.gone is None)
        return Report(missing, self.losses.all(), dict(explained), self.legs.seen, living, self.legs.left_out)

    def _reason(self, number_: int | None, one: Missing) -> str | None:
        run = self._run_of(number_, one)
        if run is not None:
            if one.since < run.coverage.first:
                return "before the log first heard this core"
            if not run.coverage.heard(one.since, min(one.until, run.coverage.last)):
                return "in a silence"
        if self.losses.explain(one.switch, one.since, one.until, one.count):
            return "in a loss that the log tells of"
        return None

    def _run_of(self, number_: int | None, one: Missing) -> _Run | None:
        if number_ is not None:
            return self._runs.get(number_)
        runs = [run for run in self._runs.values() if run.switch == one.switch and run.coverage.first <= one.until]
        return max(runs, key=lambda run: run.coverage.first, default=None)

    def _end_with_their_core(self) -> None:
        """Legs of a core that was followed by another ended with it; nobody tells their ends."""
        newest: dict[str, int] = {}
        for number_, run in self._runs.items():
            other = self._runs.get(newest.get(run.switch, -1))
            if other is None or run.coverage.first > other.coverage.first:
                newest[run.switch] = number_
        for stream, leg in list(self.legs.open.items()):
            if newest.get(leg.switch) != leg.run and leg.gone is None:
                self.legs.end_with_core(stream)

    def _unseen(self) -> Iterable[tuple[int, Missing]]:
        for number_, run in self._runs.items():
            for hole in run.sessions.holes():
                yield number_, _sessions(run.switch, hole)


def _sessions(switch: str, hole: Hole) -> Missing:
    which = f"session {hole.first}" if hole.count == 1 else f"sessions {hole.first} to {hole.last}"
    what = f"Everything of {which} of this core is missing; made between {when(hole.since)} and {when(hole.until)}."
    return Missing("missing.sessions", switch, what, hole.since, hole.until, count=hole.count)


def _silence(switch: str, since: int, until: int) -> Missing:
    what = (
        f"Nothing of {switch} is here from {when(since)} to {when(until)}, although it lived: "
        "nobody was listening, or events were taken out."
    )
    return Missing("missing.silence", switch, what, since, until)
