"""The call fold: from switch events, one after the other, to calls that changed.

It keeps the facts of each call that is alive, finds out by the ties between legs which facts are of one call, and lets
`interpret` say what they amount to. Pure in effect: no clock, no randomness, no environment; all that it needs to go
on after a restart is in the states that it hands out. A finished call leaves memory, and comes back from its stored
state when something late refers to it.
"""

from collections.abc import Sequence

import msgspec

from core.event import SwitchEvent
from projections.callflow import milestones
from projections.callflow.changes import CallEvent, CallState, Changes, Merged
from projections.callflow.fact import Fact, Kind, Reading
from projections.callflow.interpret import happened, interpret
from projections.callflow.reading import OWN, SWITCH_TOPICS, TOPICS, read

# A leg that hung up says more in HANGUP_COMPLETE within milliseconds; if it has not come by then, it never will.
_COMPLETE_AFTER = 5_000_000
# Finished calls stay at hand this long by the switches' clocks (microseconds): their last events trickle in.
_LINGER = 5_000_000
_UNKNOWN_RUN = -1


class Stored(msgspec.Struct, array_like=True):
    """A call's state at rest."""

    facts: list[Fact]
    told: dict[str, int]
    called: list[str]


class Group:
    """The facts of one call while it is in memory."""

    __slots__ = (
        "call_id",
        "closed",
        "dirty",
        "ended",
        "facts",
        "known",
        "last_at",
        "left",
        "legs",
        "open_legs",
        "sorted",
        "told",
        "was",
    )

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.known: set[tuple[int, int, str, str]] = set()
        self.legs: set[str] = set()
        self.told: dict[str, int] = {}
        self.was: set[str] = set()
        """Every id under which this call, or a part of it, was handed out."""
        self.call_id = ""
        self.left: set[str] = set()
        """Ids under which a part of it is stored that was never shown: those states must go."""
        self.dirty = False
        self.sorted = True
        self.ended = False
        self.last_at = 0
        self.closed: dict[str, int] = {}
        """Legs whose HANGUP_COMPLETE was seen, and in which run of the switch's core."""
        self.open_legs: dict[str, tuple[str, int, int]] = {}
        """Legs that live: their switch, its run, and when they were last heard of."""

    def add(self, fact: Fact) -> bool:
        """False for a fact that is known."""
        if fact.identity in self.known:
            return False
        self.known.add(fact.identity)
        if self.facts and fact.order < self.facts[-1].order:
            self.sorted = False
        self.facts.append(fact)
        self.legs.add(fact.leg)
        self.legs.update(tie.leg for tie in fact.ties)
        self.last_at = max(self.last_at, fact.at)
        self.dirty = True
        if fact.kind == "complete":
            self.closed[fact.leg] = fact.run
            self.open_legs.pop(fact.leg, None)
        elif fact.kind in ("gone", "lost", "closed"):
            self.open_legs.pop(fact.leg, None)
        elif self.closed.get(fact.leg) == fact.run:
            pass  # an event that comes late opens nothing again
        elif fact.kind == "alive":
            self.open_legs.setdefault(fact.leg, (fact.switch, _UNKNOWN_RUN, fact.at))
        elif fact.kind not in ("gap", "command"):
            self.open_legs[fact.leg] = (fact.switch, fact.run, fact.at)
        return True

    def ordered(self) -> list[Fact]:
        if not self.sorted:
            self.facts.sort(key=lambda fact: fact.order)
            self.sorted = True
        return self.facts


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Stored)


class CallFold:
    """Applies switch events; hands out what changed. One instance folds one log."""

    TOPICS = TOPICS

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._dirty: dict[int, Group] = {}
        self._live: dict[str, dict[int, dict[int, Group]]] = {}
        """By switch and run of its core: the calls with a leg that lives there."""
        self._hung: dict[str, tuple[int, Group]] = {}
        self._finished: dict[int, Group] = {}
        self._states: list[CallState] = []
        self._merged: list[Merged] = []
        self._events: dict[int, list[CallEvent]] = {}
        self._now: dict[str, int] = {}

    @property
    def alive(self) -> int:
        """How many calls are in memory."""
        return len({id(group) for group in self._groups.values()})

    # What the runner asks for before a page, and gives.

    def read(self, event: SwitchEvent) -> Reading:
        """What one event says: pure. May raise for an event that is malformed."""
        facts = read(event)
        return Reading(event, [leg for fact in facts for leg in (fact.leg, *(tie.leg for tie in fact.ties))], facts)

    def wanted(self, readings: Sequence[Reading]) -> list[str]:
        """Ids of legs that these events speak of and that are not in memory."""
        ids = dict.fromkeys(leg for reading in readings for leg in reading.legs)
        return [leg for leg in ids if leg not in self._groups]

    def restore(self, state: bytes) -> None:
        """Take a call's stored state back into memory; a state that is there already changes nothing."""
        stored = _decoder.decode(state)
        group = Group()
        for fact in stored.facts:
            group.add(fact)
        group.told.update(stored.told)
        group.was.update(stored.called)
        group.dirty = False
        if any(leg in self._groups for leg in group.legs):
            return
        group.call_id = interpret(group.ordered()).call_id
        self._enter(group)
        self._settle(group)

    # One event.

    def apply(self, reading: Reading) -> None:
        """Take one event in."""
        event = reading.event
        own = event.topic.startswith(OWN)
        if not own:
            self._pass_time(event.switch, event.occurred_at)
            self._lose_other_runs(event)
        if event.topic in SWITCH_TOPICS:
            self._switch_event(event)
        for fact in reading.facts:
            self._take(fact)

    def _take(self, fact: Fact) -> None:
        ids = [fact.leg, *(tie.leg for tie in fact.ties)]
        groups: dict[int, Group] = {}
        for leg in ids:
            known = self._groups.get(leg)
            if known is not None:
                groups[id(known)] = known
        if not groups:
            if fact.kind == "command":
                # Anything can stand in a command's arguments; only a leg that is known makes it count.
                return
            group = Group()
        elif len(groups) == 1:
            group = next(iter(groups.values()))
        else:
            group = self._merge(list(groups.values()))
        if group.add(fact):
            self._enter(group)
            self._changed(group)
            if fact.kind == "hangup" and fact.leg in group.open_legs:
                self._hung[fact.leg] = (fact.at + _COMPLETE_AFTER, group)
            elif fact.kind == "complete":
                self._hung.pop(fact.leg, None)

    def _enter(self, group: Group) -> None:
        for leg in group.legs:
            self._groups[leg] = group

    def _changed(self, group: Group) -> None:
        self._dirty[id(group)] = group
        self._finished.pop(id(group), None)
        self._index(group)

    def _index(self, group: Group) -> None:
        for switch, run, _ in group.open_legs.values():
            self._live.setdefault(switch, {}).setdefault(run, {})[id(group)] = group

    def _unindex(self, group: Group) -> None:
        for switch, run in {(fact.switch, fact.run) for fact in group.facts} | {
            (switch, run) for switch, run, _ in group.open_legs.values()
        }:
            self._drop(group, switch, run)

    def _drop(self, group: Group, switch: str, run: int) -> None:
        runs = self._live.get(switch, {})
        runs.get(run, {}).pop(id(group), None)
        if run in runs and not runs[run]:
            del runs[run]

    def _living(self, switch: str) -> list[Group]:
        return list({key: group for run in self._live.get(switch, {}).values() for key, group in run.items()}.values())

    def _merge(self, groups: list[Group]) -> Group:
        """Calls that turn out to be one. Each is told as it stood before, and then the later ones join the first."""
        for group in groups:
            self._tell(group)
        groups.sort(key=lambda group: (group.ordered()[0].order, group.call_id))
        first, *rest = groups
        for other in rest:
            for one in other.ordered():
                first.add(one)
            first.told |= other.told
            first.was |= other.was
            first.left |= {*other.left, other.call_id}
            self._forget(other)
            for key in [leg for leg, (_, owner) in self._hung.items() if owner is other]:
                self._hung[key] = (self._hung[key][0], first)
        return first

    # Time and loss, by the switches' own clocks.

    def _pass_time(self, switch: str, at: int) -> None:
        now = self._now.get(switch, 0)
        if at <= now:
            return
        self._now[switch] = at
        if not self._hung:
            return
        for leg, (due, group) in list(self._hung.items()):
            if due <= at and group.open_legs.get(leg, (switch,))[0] == switch:
                del self._hung[leg]
                last = group.ordered()[-1]
                closed = Fact(due, last.run, 0, "closed", leg, last.position, switch, {})
                if group.add(closed):
                    self._changed(group)

    def _lose_other_runs(self, event: SwitchEvent) -> None:
        """A switch that speaks from a new core has lost all that its old core held."""
        switch, run = event.switch, event.run
        runs = self._live.get(switch)
        if not runs or (len(runs) == 1 and run in runs):
            return
        for old in [one for one in runs if one not in (run, _UNKNOWN_RUN)]:
            for group in list(runs[old].values()):
                for leg, (where, its_run, last) in list(group.open_legs.items()):
                    if (where, its_run) == (switch, old) and last < event.occurred_at:
                        self._add(group, event, "lost", leg, {})
                self._still_live(group, switch, old)

    def _still_live(self, group: Group, switch: str, run: int) -> None:
        if (switch, run) not in {(where, its_run) for where, its_run, _ in group.open_legs.values()}:
            self._drop(group, switch, run)

    def _add(self, group: Group, event: SwitchEvent, kind: Kind, leg: str, data: dict[str, str]) -> None:
        fact = Fact(
            at=event.occurred_at,
            run=event.run,
            seq=event.sequence,
            kind=kind,
            leg=leg,
            position=event.position,
            switch=group.open_legs[leg][0],
            data=data,
        )
        if group.add(fact):
            self._changed(group)

    def _switch_event(self, event: SwitchEvent) -> None:
        if event.topic == "HEARTBEAT":
            if event.get("Session-Count") == "0":
                self._nobody_left(event)
            return
        switch = event.get("Harmony-Switch") or event.switch
        since = event.get("Harmony-Since") or str(event.occurred_at)
        data = {"since": since}
        if event.topic == "CUSTOM harmony::link_up":
            data["until"] = str(event.occurred_at)
        for group in self._living(switch):
            for leg, (where, _, last) in list(group.open_legs.items()):
                if where == switch and last <= event.occurred_at:
                    self._add(group, event, "gap", leg, data)

    def _nobody_left(self, event: SwitchEvent) -> None:
        """A switch that counts no session holds no leg: those that still seem to live there are gone."""
        for group in self._living(event.switch):
            for leg, (where, run, last) in list(group.open_legs.items()):
                if where == event.switch and run == event.run and last < event.occurred_at - _COMPLETE_AFTER:
                    self._add(group, event, "gone", leg, {"since": str(last)})
            self._still_live(group, event.switch, event.run)

    # What changed.

    def _tell(self, group: Group) -> None:
        """Hand out a call as it stands."""
        if not group.dirty:
            return
        group.dirty = False
        call = interpret(group.ordered())
        shown = happened(group.facts)
        left, group.left, group.call_id = {*group.left, group.call_id}, set(), call.call_id
        for alias in sorted(left - group.was - {"", call.call_id}):
            self._merged.append(Merged(alias=alias, call_id=call.call_id, position=call.last_position))
        events = []
        aliases = group.was - {call.call_id}
        for alias in sorted(aliases):
            mark = f"call.merged|{alias}"
            if mark not in group.told:
                group.told[mark] = 0
                events.append(milestones.merged(call, alias, aliases, call.last_position, group.last_at))
                self._merged.append(Merged(alias=alias, call_id=call.call_id, position=call.last_position))
        if shown:
            group.was.add(call.call_id)
            events += milestones.milestones(call, group.told, group.was - {call.call_id})
        group.ended = call.state == "complete"
        self._states.append(
            CallState(
                call_id=call.call_id,
                document=call,
                state=_encoder.encode(Stored(group.ordered(), group.told, sorted(group.was))),
                legs=sorted(group.legs | group.was),
                live=not group.ended,
                events=events,
                shown=shown,
            )
        )
        self._settle(group)

    def _settle(self, group: Group) -> None:
        if group.ended:
            self._finished[id(group)] = group
            self._unindex(group)
        else:
            self._index(group)

    def take_changes(self) -> Changes:
        """What changed since the last call, calls in the order in which they came up."""
        dirty, self._dirty = self._dirty, {}
        for group in dirty.values():
            self._tell(group)
        changes = Changes(calls=_latest(self._states, self._merged), merged=self._merged)
        self._states, self._merged = [], []
        self._let_go()
        return changes

    def _let_go(self) -> None:
        now = max(self._now.values(), default=0)
        for group in [one for one in self._finished.values() if one.last_at + _LINGER <= now]:
            self._forget(group)

    def _forget(self, group: Group) -> None:
        self._finished.pop(id(group), None)
        self._dirty.pop(id(group), None)
        self._unindex(group)
        for leg in group.legs:
            if self._groups.get(leg) is group:
                del self._groups[leg]


def _latest(states: list[CallState], merges: list[Merged]) -> list[CallState]:
    """One state a call: the last, with the events of all; a call that was merged leaves its events to the other."""
    by_call: dict[str, CallState] = {}
    into = {one.alias: one.call_id for one in merges}
    left: dict[str, list[CallEvent]] = {}
    for state in states:
        call_id = state.call_id
        earlier = by_call.pop(call_id, None)
        events = [*(earlier.events if earlier else left.pop(call_id, [])), *state.events]
        if call_id in into:
            left.setdefault(into[call_id], []).extend(events)
        else:
            by_call[call_id] = msgspec.structs.replace(state, events=[*left.pop(call_id, []), *events])
    return list(by_call.values())
