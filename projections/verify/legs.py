"""What the log says of each leg: that it began, was answered, hung up and ended; which of these events must be missing.

Every event of a leg tells when it was created and answered, and its last ones when it hung up: so one such time without
its event is an event that is missing. Sources: FreeSWITCH switch_channel.c, switch_core_state_machine.c; captures.
"""

from collections import OrderedDict
from uuid import UUID

from core.event import SwitchEvent, stream_of
from core.headers import header
from core.numbers import SESSIONS, instant, number
from projections.callflow.document import instant_text
from projections.verify.findings import Missing

KEPT = 20_000
"""legs that have ended and are remembered, for events that come late"""
NAMED = 10_000
"""legs that others name and of which nothing was seen yet"""
REPORTED = 60_000_000
"""µs after which a leg that hung up must have ended: it may report to a slow server first"""


class Leg:
    """One leg while it lives, and for a while after."""

    __slots__ = ("answered", "begun", "claims", "created", "ended", "events", "first_at", "gone", "hung_up", "id",
                 "last_at", "position", "run", "session", "switch")  # fmt: skip

    def __init__(self, event: SwitchEvent) -> None:
        self.id = event.leg or str(event.stream)
        self.switch = event.switch
        self.run = event.run
        self.first_at = self.last_at = event.occurred_at
        self.position = event.position
        self.created: int | None = None
        self.session: int | None = None
        self.events = 0
        self.begun = self.answered = self.ended = False
        self.hung_up: int | None = None
        self.gone: tuple[int, str] | None = None
        """when it had ended for certain, and what says so"""
        self.claims: dict[str, int] = {}
        """what its last events say that happened to it: answered, hung up, and when"""

    @property
    def since(self) -> int:
        return self.created or self.first_at


class Legs:
    """The legs of all switches: `take` an event, then ask what `must_be_missing`."""

    def __init__(self) -> None:
        self.open: dict[UUID, Leg] = {}
        self._recent: OrderedDict[UUID, Leg] = OrderedDict()
        self._named: dict[UUID, Missing] = {}
        self.seen = 0
        self.judged: list[tuple[int | None, Missing]] = []
        """what must be missing, with the run of the switch's core where it is known"""
        self.most = 10_000
        self.left_out = 0

    def take(self, event: SwitchEvent) -> Leg:
        """Take an event of a leg in (its topic begins with CHANNEL_)."""
        key = event.stream
        leg = self.open.get(key) or self._recent.get(key)
        if leg is None or (leg.ended and event.topic == "CHANNEL_CREATE" and event.run != leg.run):
            leg = self.open[key] = Leg(event)
            self._recent.pop(key, None)
            self._named.pop(key, None)
            self.seen += 1
        leg.events += 1
        leg.run = max(leg.run, event.run)
        if event.occurred_at >= leg.last_at:
            leg.last_at, leg.position = event.occurred_at, event.position
        self._note(leg, event)
        return leg

    def _note(self, leg: Leg, event: SwitchEvent) -> None:
        match event.topic:
            case "CHANNEL_CREATE":
                leg.begun = True
                self._describe(leg, event)
                self._name(event)
            case "CHANNEL_ANSWER":
                leg.answered = True
            case "CHANNEL_BRIDGE" | "CHANNEL_OUTGOING" | "CHANNEL_ORIGINATE":
                self._name(event)
            case "CHANNEL_UUID":
                self._rename(leg, event)
            case "CHANNEL_HANGUP_COMPLETE":
                leg.hung_up = event.occurred_at
                leg.claims |= claims(event)
            case "CHANNEL_DESTROY":
                leg.claims |= claims(event)
                self._end(event.stream, leg)
            case "CHANNEL_STATE" if header(event.term, b"Channel-State") == b"CS_DESTROY" and not leg.ended:
                leg.claims |= claims(event)
                leg.gone = leg.gone or (event.occurred_at, f"the event at position {event.position} says CS_DESTROY")
        if leg.begun is False and (leg.created is None or leg.session is None):
            self._describe(leg, event)

    def _describe(self, leg: Leg, event: SwitchEvent) -> None:
        leg.created = when_told(event, b"Caller-Channel-Created-Time") or leg.created
        leg.session = number(header(event.term, b"variable_session_id"), SESSIONS) or leg.session

    def _rename(self, leg: Leg, event: SwitchEvent) -> None:
        """A leg goes on under another id."""
        old = event.get("Old-Unique-ID")
        before = self.open.pop(stream_of(old), None) if old else None
        if before is not None and before is not leg:
            leg.begun |= before.begun
            leg.answered |= before.answered
            leg.created = before.created or leg.created
            self._remember(stream_of(old or ""), before)

    def _end(self, key: UUID, leg: Leg) -> None:
        leg.ended = True
        leg.gone = None
        self.open.pop(key, None)
        self._remember(key, leg)

    def _remember(self, key: UUID, leg: Leg) -> None:
        leg.ended = True
        self._recent[key] = leg
        if len(self._recent) > KEPT:
            _, oldest = self._recent.popitem(last=False)
            self._judge(oldest)

    def _name(self, event: SwitchEvent) -> None:
        """Another leg has to do with this one just now: it must have events of its own."""
        other = event.get("Other-Leg-Unique-ID") or event.get("Bridge-B-Unique-ID")
        if not other or len(self._named) >= NAMED:
            return
        key = stream_of(other)
        if key not in self.open and key not in self._recent:
            at = when_told(event, b"Other-Leg-Channel-Created-Time") or event.occurred_at
            says = f"Leg {other} has no event at all: the one at position {event.position} speaks of it."
            missing = Missing("missing.leg", event.switch, says, at, event.occurred_at, other, event.position)
            self._named.setdefault(key, missing)

    def proven_gone(self, stream: UUID, at: int, why: str) -> None:
        """Something else says that a leg had ended."""
        leg = self.open.get(stream)
        if leg is not None and leg.gone is None:
            leg.gone = at, why

    def end_with_core(self, stream: UUID) -> None:
        """The core that it lived in is gone, and was followed by another: nobody told its end."""
        leg = self.open.pop(stream)
        leg.hung_up = leg.gone = None
        self._judge(leg)

    # What must be missing

    def settle(self, last_of_run: dict[int, int]) -> None:
        """The log ends here: judge all that is left. `last_of_run`: when each core was last heard."""
        for leg in self._recent.values():
            self._judge(leg)
        for leg in self.open.values():
            if leg.gone is None and leg.hung_up is not None and last_of_run[leg.run] - leg.hung_up > REPORTED:
                leg.gone = leg.hung_up, "it had hung up, and its switch went on"
            self._judge(leg)
        for one in self._named.values():
            self._keep(None, one)

    def _judge(self, leg: Leg) -> None:
        if leg.begun and leg.gone is None and not leg.claims:
            return
        there = f"{leg.events} other events of it are there, the last at position {leg.position}"
        if not leg.begun:
            what = (
                f"The begin (CHANNEL_CREATE) of leg {leg.id} is missing; it was created at {when(leg.since)}; {there}."
            )
            self._keep(leg, self._missing(leg, "begin", what, leg.since, leg.since))
        for name, event, flag in (("answer", "CHANNEL_ANSWER", leg.answered), ("hangup", "CHANNEL_HANGUP_COMPLETE",
                                                                              leg.hung_up is not None)):  # fmt: skip
            at = leg.claims.get(name)
            if at and not flag:
                what = f"The {name} ({event}) of leg {leg.id} at {when(at)} is missing; {there}."
                self._keep(leg, self._missing(leg, name, what, at, at))
        if leg.gone is not None:
            at, why = leg.gone
            what = f"The end (CHANNEL_DESTROY) of leg {leg.id} is missing: {why}; {there}."
            self._keep(leg, self._missing(leg, "end", what, leg.last_at, max(at, leg.last_at)))

    def _missing(self, leg: Leg, name: str, what: str, since: int, until: int) -> Missing:
        return Missing(f"missing.{name}", leg.switch, what, since, until, leg.id, leg.position)

    def _keep(self, leg: Leg | None, missing: Missing) -> None:
        if len(self.judged) < self.most:
            self.judged.append((None if leg is None else leg.run, missing))
        else:
            self.left_out += 1


def claims(event: SwitchEvent) -> dict[str, int]:
    """What an event near the end of a leg says that happened to it before, with the instants."""
    found = {
        "answer": when_told(event, b"Caller-Channel-Answered-Time"),
        "hangup": when_told(event, b"Caller-Channel-Hangup-Time") if event.topic != "CHANNEL_HANGUP_COMPLETE" else None,
    }
    return {name: at for name, at in found.items() if at}


def when_told(event: SwitchEvent, name: bytes) -> int | None:
    """A header that is an instant other than 0."""
    return instant(header(event.term, name)) or None


def when(at: int) -> str:
    return instant_text(at)
