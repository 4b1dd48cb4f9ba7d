"""The facts of one call while it is in memory, and what has been published of it. `interpret` makes the document."""

from bisect import insort

import msgspec

from projections.callflow import at_rest
from projections.callflow.at_rest import AtRest, Growth, Stored
from projections.callflow.fact import Fact
from projections.callflow.interpret import interpret
from projections.callflow.milestones import Published

# The HANGUP_COMPLETE of a leg follows its HANGUP within milliseconds; if it has not come by then (microseconds), it
# never will.
COMPLETE_AFTER = 5_000_000
UNKNOWN_RUN = -1
# What says nothing of whether its leg lives.
_SILENT = frozenset({"gap", "command", "apart", "alike"})

# A call with more facts than this is no longer interpreted at each change, but at a pace (`pacing`).
LONG = 200


class Open(msgspec.Struct):
    """A leg that lives: where, and when it was last heard of (microseconds since 1970)."""

    switch: str
    run: int
    heard_at: int


class Group:
    """One call in memory."""

    __slots__ = (
        "_ids",
        "call_id",
        "closed",
        "dirty",
        "ended",
        "facts",
        "growth",
        "hops",
        "hung",
        "interpreted_at",
        "known",
        "last_at",
        "legs",
        "moved",
        "open_legs",
        "published",
        "shut_at",
        "stored",
        "waits",
        "was",
    )

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        """sorted by `Fact.order`"""
        self.known: set[tuple[int, int, str, str]] = set()
        self.legs: set[str] = set()
        self.hops: set[str] = set()
        """by what the other ends of its hops find it (`Fact.hops`), and what went on at the same time (`related`)"""
        self.waits: dict[str, int] = {}
        """by what the other ends of its hops are found that are there, while it cannot be said if they are one call;
        with how many facts there were on both sides when that was asked last"""
        self.growth = Growth()
        self.published = Published()
        self._ids: tuple[int, list[str]] = (0, [])
        self.was: set[str] = set()
        """Every id under which this call, or a part of it, was handed out."""
        self.call_id = ""
        self.dirty = False
        """The document is behind the facts."""
        self.stored = True
        """All facts are in the state that was handed out last."""
        self.ended = False
        self.last_at = 0
        self.interpreted_at = 0
        """By the switches' clocks."""
        self.closed: dict[str, int] = {}
        """Legs whose HANGUP_COMPLETE was seen, and in which run of the switch's core."""
        self.open_legs: dict[str, Open] = {}
        self.moved = False
        """A leg has begun or ceased to live, or lives in another run, since `Memory` looked."""
        self.shut_at: dict[str, int] = {}
        """Legs whose end no event of their own shows, and when it was."""
        self.hung: dict[str, Fact] = {}
        """The HANGUP of each leg whose HANGUP_COMPLETE has not come."""

    @property
    def long(self) -> bool:
        """Does it take so long to interpret that this is done at a pace?"""
        return len(self.facts) > LONG and bool(self.call_id)

    def add(self, fact: Fact) -> bool:
        """False for a fact that is known."""
        if fact.identity in self.known:
            return False
        self.known.add(fact.identity)
        if not self.facts or fact.order >= self.facts[-1].order:
            self.facts.append(fact)
        else:
            insort(self.facts, fact, key=lambda known: known.order)
        self.growth.add(fact)
        self.legs.add(fact.leg)
        self.legs.update(tie.leg for tie in fact.ties)
        self.hops.update(fact.hops)
        if "like" in fact.data:
            self.hops.add(fact.data["like"])
        self.last_at = max(self.last_at, fact.at)
        self.dirty, self.stored = True, False
        self._follow(fact)
        return True

    def _follow(self, fact: Fact) -> None:
        """Which legs live: the same for the same facts, in whatever order they come."""
        leg, known = fact.leg, self.open_legs.get(fact.leg)
        if fact.kind == "hangup" and self.closed.get(leg) != fact.run:
            self.hung[leg] = fact
        if fact.kind == "complete":
            self.closed[leg] = fact.run
            self.hung.pop(leg, None)
            self._shut(leg)
        elif fact.kind in ("gone", "lost", "closed"):
            self.shut_at[leg] = max(fact.at, self.shut_at.get(leg, 0))
            if fact.kind == "closed":
                self.hung.pop(leg, None)
            if known is None or known.heard_at <= fact.at:
                self._shut(leg)
        elif fact.kind in _SILENT or self.closed.get(leg) == fact.run or fact.at < self.shut_at.get(leg, 0):
            pass  # an event that comes late opens nothing again
        elif fact.kind == "alive":
            if known is None:
                self.open_legs[leg] = Open(fact.switch, UNKNOWN_RUN, fact.at)
                self.moved = True
        else:
            if known is None or known.run == UNKNOWN_RUN or known.heard_at <= fact.at:
                heard_at = fact.at if known is None else max(known.heard_at, fact.at)
                self.open_legs[leg] = Open(fact.switch, fact.run, heard_at)
                self.moved = self.moved or known is None or known.run != fact.run

    def _shut(self, leg: str) -> None:
        self.moved = self.open_legs.pop(leg, None) is not None or self.moved

    def join(self, other: "Group") -> None:
        """Another call turns out to be part of this one."""
        for fact in other.facts:
            self.add(fact)
        self.published.join(other.published)
        self.was |= other.was
        self.waits |= dict.fromkeys(other.waits, 0)
        self.growth.begin_again()

    def ids(self) -> list[str]:
        """Every id that leads to this call: the same list as before if there is no other."""
        size = len(self.legs) + len(self.was) + len(self.hops)
        if size != self._ids[0]:  # none of them ever goes
            self._ids = size, sorted(self.legs | self.was | self.hops)
        return self._ids[1]

    def publish(self, published: Published) -> None:
        """It was interpreted again: what is published of it from now on."""
        self.growth.touch(published.touched)
        self.published = published

    def rest(self) -> AtRest:
        """The state to write."""
        head = Stored([], {}, sorted(self.was), {}, self.call_id, self.ended, self.dirty, sorted(self.waits))
        return self.growth.rest(self.facts, self.published, head, self.long)


def restored(*states: bytes) -> Group:
    """A call as it was stored, whatever happened to the process in between."""
    stored = at_rest.read(states)
    group = Group()
    for fact in stored.facts:
        group.add(fact)
    group.published = Published(stored.news, stored.corrections)
    group.was.update(stored.called)
    group.call_id = stored.call_id or interpret(group.facts).call_id
    group.ended, group.dirty, group.stored = stored.ended, stored.behind, True
    group.waits.update(dict.fromkeys(stored.waits, 0))
    group.growth.go_on(states)
    return group


def facts_of(*states: bytes) -> list[Fact]:
    """The facts of a state at rest; in no order."""
    return at_rest.read(states).facts
