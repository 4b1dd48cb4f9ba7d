"""The course of one call: which of its people could hear each other, when, and what the others were doing.

A small simulation: facts are applied in the order in which they happened to a state of bridges, holds and services.
After each, the state says which activities are going on; a segment opens when an activity begins and closes when it
ends. Rules of truth (docs/explanation/what-one-call-is.md): talk is bridged, both answered, nobody holding; bridges
nest (attended transfer by feature code), only the newest of a leg carries sound; loopback legs are wire.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from projections.callflow.document import Quality, SegmentKind
from projections.callflow.fact import Fact
from projections.callflow.legs import Leg

# An activity: what is going on, between which legs, by whom, and a word that tells it apart (room, lot, file).
Activity = tuple[SegmentKind, tuple[str, ...], str, str]
Edge = tuple[str, str]

_IVR = frozenset({"ivr", "play_and_get_digits", "read"})
_ANNOUNCE = frozenset({"playback", "phrase", "say", "speak", "gentones"})
# Applications that take a bridged leg away from its peer while they run.
_AWAY = frozenset({"att_xfer", "execute_extension", "read", "play_and_get_digits"})
# An UNHOLD this close before the leg's hangup (microseconds) was made by the hangup.
_SYNTHETIC_UNHOLD = 100_000
# Shorter activities (microseconds) are the switch shuffling its state, and nothing that anybody lived through.
_SHORTEST = 20_000
_REWIRING = 100_000


class Stretch(msgspec.Struct):
    """A segment in the making: an activity with its beginning and, once known, its end."""

    kind: SegmentKind
    legs: tuple[str, ...]
    by: str
    what: str
    started_at: int
    ended_at: int | None = None
    quality: Quality = "observed"


class _App(msgspec.Struct):
    """A running application; `edge` is the bridge that it takes its leg away from."""

    name: str
    id: str
    arguments: str
    destination: str = ""
    edge: Edge | None = None


Op = Literal["fact", "bridge", "cut", "end"]


class Course:
    """Runs the simulation; `stretches` is its result, in order of beginning."""

    def __init__(self, legs: dict[str, Leg], names: dict[str, str]) -> None:
        self.legs = legs
        self.names = names
        self.bridges: list[Edge] = []
        self.holding: set[str] = set()
        self.apps: dict[str, list[_App]] = {}
        self.queues: dict[str, str] = {}
        self.lots: dict[str, str] = {}
        self.rooms: dict[str, str] = {}
        self.records: dict[tuple[str, str], None] = {}
        self.ringing: set[str] = set()
        self.early: set[str] = set()
        self.answered: set[str] = set()
        self.alive: set[str] = set()
        self.ended: set[str] = set()
        self.met: set[str] = set()
        """Legs that have talked with somebody, or are nobody's offer."""
        self.talked: set[frozenset[str]] = set()
        """Who has talked with whom outside of a consultation."""
        self.bounded = False
        self.open: dict[Activity, Stretch] = {}
        self.stretches: list[Stretch] = []
        self._bowouts: list[str] = []

    # The state, changed by one fact.

    def apply(self, fact: Fact, leg: Leg) -> bool:
        """True if something could have begun or ended."""
        me = leg.leg_id
        if me in self.ended and fact.kind != "create":
            return self._after_end(fact, me)
        self.alive.add(me)
        match fact.kind:
            case "create":
                self.ended.discard(me)
                if leg.answered_at and leg.answered_at <= fact.at:
                    self.answered.add(me)
            case "answer":
                self.answered.add(me)
                self.ringing.discard(me)
            case "progress":
                if leg.direction == "outbound":
                    self.ringing.add(me)
            case "early":
                self.early.add(me)
                if leg.direction == "outbound":
                    self.ringing.add(me)
            case "bridge":
                self.connect(fact)
            case "unbridge":
                self._unbridge(fact)
            case "hold":
                self.holding.add(me)
            case "unhold":
                if not leg.ended_at or leg.ended_at - fact.at > _SYNTHETIC_UNHOLD:
                    self.holding.discard(me)
            case "command":
                if fact.data["command"] != "uuid_park":
                    return False
                self.lots[me] = ""
            case "execute":
                if self.lots.get(me) == "":
                    del self.lots[me]
                self._execute(me, fact.data)
            case "executed":
                self._executed(me, fact)
            case "hangup" | "complete":
                self._end(me)
                if leg.bowout and leg.hidden:
                    self._bow_out(leg.bowout)
            case "valet":
                if fact.data.get("action") == "hold":
                    self.lots[me] = fact.data.get("lot", "")
                else:
                    self.lots.pop(me, None)
            case "queue":
                if fact.data["action"] == "enter":
                    self.queues[me] = fact.data.get("queue", "")
                else:
                    self.queues.pop(me, None)
            case "conference":
                if fact.data["action"] == "add-member":
                    self.rooms[me] = room_name(fact.data)
                else:
                    self.rooms.pop(me, None)
            case "record":
                self.records[me, fact.data.get("file", "")] = None
            case "recorded":
                self.records.pop((me, fact.data.get("file", "")), None)
            case _:
                return False
        return True

    def _execute(self, me: str, data: dict[str, str]) -> None:
        edges = [edge for edge in self.bridges if me in edge]
        app = _App(data["app"], data.get("id", ""), data.get("arguments", ""), data.get("destination", ""))
        if app.name in _AWAY and edges:
            app.edge = edges[-1]
        self.apps.setdefault(me, []).append(app)

    def _after_end(self, fact: Fact, me: str) -> bool:
        if fact.kind == "unbridge":
            self._unbridge(fact)
        return fact.kind == "unbridge"

    def _sides(self, fact: Fact) -> Edge | None:
        a, b = fact.data.get("a"), fact.data.get("b")
        if not a or not b:
            return None
        edge = (self.names.get(a, a), self.names.get(b, b))
        return edge if edge[0] != edge[1] else None

    def connect(self, fact: Fact) -> None:
        if edge := self._sides(fact):
            self._connect(edge)

    def _connect(self, edge: Edge) -> None:
        self._drop(edge)
        # Only a feature code's transfer keeps the first bridge under the second; else who is bridged anew has left it.
        self.bridges = [old for old in self.bridges if all(leg not in old or self._is_away(leg, old) for leg in edge)]
        self.bridges.append(edge)
        for leg in edge:
            self.alive.add(leg)
            # A leg taken from its lot, its queue or its menu into a bridge is not there any more.
            self.lots.pop(leg, None)
            self.queues.pop(leg, None)

    def _drop(self, edge: Edge) -> None:
        self.bridges = [one for one in self.bridges if set(one) != set(edge)]

    def _unbridge(self, fact: Fact) -> None:
        if edge := self._sides(fact):
            self._drop(edge)

    def _bow_out(self, outer: str) -> None:
        """The two legs outside of a loopback pair stay connected while the pair takes itself out."""
        self._bowouts.append(outer)
        if len(self._bowouts) == 2:
            if self._bowouts[0] != self._bowouts[1]:
                self._connect((self._bowouts[0], self._bowouts[1]))
            self._bowouts = []

    def _executed(self, me: str, fact: Fact) -> None:
        stack = self.apps.get(me, [])
        for index in range(len(stack) - 1, -1, -1):
            one = stack[index]
            if one.name == fact.data["app"] and (not one.id or one.id == fact.data.get("id", one.id)):
                del stack[index:]
                return

    def cut(self, me: str) -> None:
        """The switch that held this leg died, or the leg was last known here: what it was doing is over."""
        self.bridges = [edge for edge in self.bridges if me not in edge]
        for held in (self.holding, self.ringing, self.early):
            held.discard(me)
        for kept in (self.queues, self.lots, self.rooms, self.apps):
            kept.pop(me, None)
        self.records = {key: None for key in self.records if key[0] != me}

    def _end(self, me: str) -> None:
        self.cut(me)
        self.alive.discard(me)
        self.ended.add(me)

    def end(self, me: str) -> None:
        self._end(me)

    # What the state means.

    def _edges(self) -> tuple[list[Edge], list[tuple[str, str]]]:
        """Edges that carry sound, and pairs (who is away, who waits at the other end)."""
        top: dict[str, Edge] = {}
        for edge in self.bridges:
            for leg in edge:
                top[leg] = edge
        sound: list[Edge] = []
        waiting: list[tuple[str, str]] = []
        for edge in self.bridges:
            a, b = edge
            if a in self.ended or b in self.ended:
                continue
            away = [leg for leg in edge if top[leg] is not edge or leg in self.holding or self._is_away(leg, edge)]
            if not away:
                sound.append(edge)
            waiting += [(leg, b if leg == a else a) for leg in away if top[b if leg == a else a] is edge]
        sound.extend(
            (one.leg_id, one.loopback)
            for one in self.legs.values()
            if one.loopback and one.leg_id < one.loopback and {one.leg_id, one.loopback} <= self.alive
        )
        sound.extend(
            (me, app.arguments.strip())
            for me, stack in self.apps.items()
            for app in stack
            if app.name == "three_way" and app.arguments.strip() in self.alive
        )
        return sound, waiting

    def _is_away(self, me: str, edge: Edge) -> bool:
        return any(app.edge == edge for app in self.apps.get(me, ()))

    def _component(self, edges: list[Edge], start: str) -> set[str]:
        found = {start}
        grew = True
        while grew:
            grew = False
            for a, b in edges:
                if (a in found) != (b in found):
                    found |= {a, b}
                    grew = True
        return found

    def _people(self, component: Iterable[str]) -> tuple[str, ...]:
        return tuple(leg for leg in self.legs if leg in component and not self.legs[leg].hidden)

    def activities(self) -> list[Activity]:
        """All that is going on now."""
        result: list[Activity] = []
        edges, waiting = self._edges()
        held_by: dict[str, set[str]] = {}
        bridged: set[str] = set()
        for away, waits in waiting:
            people = self._people(self._component(edges, waits))
            by = self._person(edges, away)
            bridged |= {away, waits}
            if people:
                result.append(("hold", people, by, ""))
                held_by.setdefault(by, set()).update(people)
        done: set[str] = set()
        for edge in edges:
            if edge[0] in done:
                continue
            component = self._component(edges, edge[0])
            done |= component
            people = self._people(component)
            bridged |= component
            if len(people) < 2:
                continue
            answered = tuple(leg for leg in people if leg in self.answered)
            if len(answered) < 2:
                if any(leg in self.early or leg in self.answered for leg in people):
                    result.append(("early_media", people, "", ""))
                continue
            parties = {self.legs[leg].party for leg in answered}
            self.met.update(answered)
            # Who talked before the consultation goes on talking when taken back.
            known = frozenset(answered) in self.talked
            consults = not known and any(by in parties and not held & component for by, held in held_by.items())
            if not consults:
                self.talked.add(frozenset(answered))
            result.append(("consult" if consults else "talk", answered, "", ""))
        result += self._alone(bridged)
        return result

    def _person(self, edges: list[Edge], leg: str) -> str:
        """The party behind a leg: its own, or through loopback wire that of the phone at the other end."""
        one = self.legs.get(leg)
        if one is None or not one.hidden:
            return one.party if one else ""
        people = self._people(self._component(edges, leg))
        return self.legs[people[0]].party if people else ""

    def _alone(self, bridged: set[str]) -> list[Activity]:
        result: list[Activity] = []
        for me in self.ringing:
            leg = self.legs[me]
            if me not in self.answered and not leg.hidden and leg.parent is not None:
                result.append(("ring", (me,), "", ""))
        for me, room in self.rooms.items():
            result.append(("conference", (me,), "", room))
        for me, lot in self.lots.items():
            result.append(("park", (me,), "", lot))
        for me, queue in self.queues.items():
            result.append(("queue", (me,), "", queue))
        for me, stack in self.apps.items():
            result += self._service(me, stack, bridged)
        for me, file in self.records:
            if not any(app.name == "voicemail" for app in self.apps.get(me, ())):
                result.append(("record", (me,), "", file))
        return result

    def _service(self, me: str, stack: list[_App], bridged: set[str]) -> list[Activity]:
        leg = self.legs[me]
        if leg.hidden:
            return []
        for app in stack:
            if app.name == "voicemail":
                return [("voicemail", (me,), "", app.arguments)]
            if app.name == "park" and me not in bridged:
                return [("park", (me,), "", "")]
            if app.name == "eavesdrop":
                return [("monitor", (me,), "", app.arguments)]
            if leg.parent is not None and leg.direction == "outbound" and me not in self.met:
                continue  # a phone that is asked for its confirmation key is still being offered the call
            if app.name in _IVR and me not in bridged:
                return [("ivr", (me,), "", app.arguments if app.name == "ivr" else app.destination)]
            if app.name in _ANNOUNCE and not (me in bridged or me in self.queues or me in self.lots):
                return [("announcement", (me,), "", app.arguments)]
        return []

    # Segments.

    def turn(self, at: int) -> None:
        """Close what is over and open what began, at this instant."""
        now = self.activities()
        for activity in [one for one in self.open if one not in now]:
            stretch = self.open.pop(activity)
            stretch.ended_at = at
            if self.bounded:
                stretch.quality = "bounded"
        for activity in now:
            if activity not in self.open:
                kind, legs, by, what = activity
                stretch = Stretch(kind, legs, by, what, at, quality="bounded" if self.bounded else "observed")
                self.open[activity] = stretch
                self.stretches.append(stretch)


def room_name(data: dict[str, str]) -> str:
    """The room without the company's domain that its name carries (`3001-alpha.example`)."""
    return data.get("room", "").removesuffix("-" + data.get("domain", "")).partition("@")[0]


def _missing_bridges(facts: Sequence[Fact]) -> list[tuple[int, Fact]]:
    """Bridges whose begin was not seen, known by their end: (when, the fact of the end)."""
    open_edges: set[frozenset[str]] = set()
    missing: list[tuple[int, Fact]] = []
    for fact in facts:
        if fact.kind not in ("bridge", "unbridge") or not (fact.data.get("a") and fact.data.get("b")):
            continue
        edge = frozenset((fact.data["a"], fact.data["b"]))
        if fact.kind == "bridge":
            open_edges.add(edge)
        elif edge in open_edges:
            open_edges.discard(edge)
        else:
            when = fact.data.get("bridged", "")
            if when.isdecimal() and 0 < int(when) < fact.at:
                missing.append((int(when), fact))
    return missing


def course_of(facts: Sequence[Fact], legs: dict[str, Leg], names: dict[str, str]) -> list[Stretch]:
    """The stretches of a call, from all its facts in order. `names` leads from a leg's id to its first one."""
    steps: list[tuple[int, int, int, Op, Fact | None, str]] = []
    for number, fact in enumerate(facts):
        steps.append((fact.at, 1, number, "fact", fact, names.get(fact.leg, fact.leg)))
    steps += [(when, 2, end.seq, "bridge", end, end.leg) for when, end in _missing_bridges(facts)]
    for leg in legs.values():
        steps += [(at, 3, 0, "cut", None, leg.leg_id) for at in leg.cut_at]
        if leg.end_quality != "observed":
            steps.append((leg.ended_at, 3, 0, "end", None, leg.leg_id))
        if leg.answered_at and leg.direction:
            steps.append((leg.answered_at, 0, 0, "fact", None, leg.leg_id))
    steps.sort(key=lambda step: step[:3])
    course = Course(legs, names)
    for at, _, _, op, told, me in steps:
        changed = True
        course.bounded = op != "fact"
        if op == "cut":
            course.cut(me)
        elif op == "end":
            course.end(me)
        elif told is None:
            course.answered.add(me)
        elif op == "bridge":
            course.connect(told)
        else:
            changed = course.apply(told, legs[me])
        if changed:
            course.turn(at)
    return _joined([one for one in course.stretches if _counts(one)])


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """A talk that the switch broke for an instant, to lay its wires anew, is one talk."""
    last: dict[tuple[str, tuple[str, ...]], Stretch] = {}
    result = []
    for one in stretches:
        before = last.get((one.kind, one.legs))
        if (
            one.kind == "talk"
            and before is not None
            and before.ended_at is not None
            and one.started_at - before.ended_at <= _REWIRING
        ):
            before.ended_at = one.ended_at
            if one.quality != "observed":
                before.quality = one.quality
            continue
        last[one.kind, one.legs] = one
        result.append(one)
    return result


def _counts(one: Stretch) -> bool:
    if one.ended_at is None or one.ended_at - one.started_at >= _SHORTEST:
        return True
    # Cut short by a loss: how long it really was nobody knows, but that it was is certain.
    return one.quality != "observed" and one.kind in ("talk", "consult", "conference")
