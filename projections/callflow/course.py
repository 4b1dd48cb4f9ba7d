"""The state of one call while its facts are applied to it, one after the other, in the order in which they happened.

Which legs are bridged, who holds, which applications run, who stands in a lot, a queue, a room. What that amounts to is
said by `activities`; how long it lasts by `timeline`.
"""

import msgspec

from projections.callflow.fact import Fact
from projections.callflow.leg import Leg
from projections.callflow.origin import room_name

Edge = tuple[str, str]
# Applications that take a bridged leg away from its peer while they run.
_AWAY = frozenset({"att_xfer", "execute_extension", "read", "play_and_get_digits"})
# What a leg does once at a time: the next one says that the one before is over, whether its end was seen or not.
_ONE_AT_A_TIME = frozenset({"bridge", "playback", "phrase", "say", "speak", "gentones"})
# An UNHOLD this close before the leg's hangup (microseconds) was made by the hangup.
_SYNTHETIC_UNHOLD = 100_000


class App(msgspec.Struct):
    """A running application; `edge` is the bridge that it takes its leg away from."""

    name: str
    id: str
    arguments: str
    destination: str = ""
    mode: str = ""
    edge: Edge | None = None


class Course:
    """Bridges, holds, running applications, places in lots, queues and rooms: the state of one call at an instant."""

    def __init__(self, legs: dict[str, Leg], names: dict[str, str], root: Leg | None) -> None:
        self.legs = legs
        self.root = root
        """whose phone is the caller's own: when it rings, nobody is offered the call"""
        self.names = names
        self.rank = {leg_id: number for number, leg_id in enumerate(legs)}
        """the legs in the order in which they came about"""
        self.pairs = [(leg.leg_id, leg.loopback) for leg in legs.values() if leg.loopback and leg.leg_id < leg.loopback]
        self.pairs += [(leg.far, leg.leg_id) for leg in legs.values() if leg.far and leg.parent == leg.far]
        """what is one wire: the two halves of each loopback, the two ends of each hop"""
        self.hops = [leg.leg_id for leg in legs.values() if leg.far]
        self.bridges: list[Edge] = []
        self.holding: set[str] = set()
        self.apps: dict[str, list[App]] = {}
        self.queues: dict[str, str] = {}
        self.lots: dict[str, str] = {}
        self.rooms: dict[str, str] = {}
        self.records: dict[tuple[str, str], None] = {}
        self.ringing: dict[str, None] = {}
        self.early: set[str] = set()
        self.answered: set[str] = set()
        self.alive: set[str] = set()
        self.ended: set[str] = set()
        self.met: set[str] = set()
        """Legs that have talked with somebody, or are nobody's offer."""
        self.talked: set[frozenset[str]] = set()
        """Who has talked with whom outside of a consultation."""
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
                self.ringing.pop(me, None)
            case "progress":
                if leg.direction == "outbound":
                    self.ringing[me] = None
            case "early":
                self.early.add(me)
                if leg.direction == "outbound":
                    self.ringing[me] = None
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
        say = data.get
        app = App(data["app"], say("id", ""), say("arguments", ""), say("destination", ""), say("mode", ""))
        if app.name in _AWAY and edges:
            app.edge = edges[-1]
        stack = self.apps.setdefault(me, [])
        if stack and stack[-1].name == app.name and app.name in _ONE_AT_A_TIME:
            stack.pop()
        stack.append(app)

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
        self.bridges = [old for old in self.bridges if all(leg not in old or self.is_away(leg, old) for leg in edge)]
        self.bridges.append(edge)
        for leg in edge:
            self.alive.add(leg)
            # A leg taken from its lot, its queue or its menu into a bridge is not there any more.
            self.lots.pop(leg, None)
            self.queues.pop(leg, None)

    def _drop(self, edge: Edge) -> None:
        self.bridges = [bridge for bridge in self.bridges if set(bridge) != set(edge)]

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
            app = stack[index]
            if app.name == fact.data["app"] and (not app.id or app.id == fact.data.get("id", app.id)):
                del stack[index:]
                return

    def cut(self, me: str) -> None:
        """The switch that held this leg died, or the leg was last known here: what it was doing is over."""
        self.bridges = [edge for edge in self.bridges if me not in edge]
        for held in (self.holding, self.early):
            held.discard(me)
        for kept in (self.ringing, self.queues, self.lots, self.rooms, self.apps):
            kept.pop(me, None)
        self.records = {key: None for key in self.records if key[0] != me}

    def _end(self, me: str) -> None:
        self.cut(me)
        self.alive.discard(me)
        self.ended.add(me)

    def end(self, me: str) -> None:
        self._end(me)

    def is_away(self, me: str, edge: Edge) -> bool:
        """Does an application keep this leg from its bridge?"""
        return any(app.edge == edge for app in self.apps.get(me, ()))
