"""What the rules of transfers look up: who talked with whom and when, who was called for whom, who was sent where.

`transfers` reads traces: "leg B sent a REFER that moves leg A". A trace says that somebody was moved, and hardly ever
where to in the end, or whether it came about. Those answers lie in what happened *afterwards* to the leg that was
moved: a phone that was called for it and talked with it, a lot or a queue in which it stood, or nothing. `reached` is
that judgement; the rest are the questions that it is made of.

**Index, never walk.** A call of 400 transfers asks each of these questions 400 times. An answer that walks over all
stretches makes the cost of a call grow with the square of its length. So stretches are kept by leg in order of their
beginning (`_Stretches`), calls for a leg in order of time (`_Callees`), and every question is a binary search.

A search by the *end* of stretches needs one more idea, because ends are not sorted: a talk may begin first and end
last. For each stretch the index keeps the latest end of all up to it. That never falls, so it can be searched: whatever
stands before the place found ended earlier, and whatever stands behind it is looked at one by one.

**Slack.** The switch writes a REFER, the end of a bridge and a new leg within some milliseconds of each other, and not
always in the order in which they follow from one another. "After" an instant therefore means after it less or plus
`SLACK`: a leg created 50 ms before the transferor's hangup was still called for the transferee, and a talk that ends 50
ms after it is the old one on its way out.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from core.numbers import LATEST, number
from projections.callflow.document import TransferResult
from projections.callflow.fact import Fact
from projections.callflow.kinds import HEARD, SERVICES
from projections.callflow.leg import Leg
from projections.callflow.offers import connections
from projections.callflow.origin import caller_of
from projections.callflow.timeline import Stretch

_Item = TypeVar("_Item")

SLACK = 50_000
_HISTORY = re.compile(r"(\d+):[^:]*:bl_xfer:([^/]*)/.*")
# Applications of a number that only passes a call on.
_PASSING = frozenset({"bridge", "transfer", "execute_extension"})
_STILL = 1 << 62
"""the end of what has not ended"""


class Reached(msgspec.Struct, frozen=True):
    """Where a moved leg arrived."""

    to: str | None
    result: TransferResult | None
    service: str = ""


class _Stretches:
    """Stretches of one leg in order of beginning, found by time."""

    __slots__ = ("_begins", "_latest", "all")

    def __init__(self) -> None:
        self.all: list[Stretch] = []
        self._begins: list[int] = []
        self._latest: list[int] = []
        """for each, the latest end up to it: it never falls, so that it can be searched"""

    def add(self, stretch: Stretch) -> None:
        end = _STILL if stretch.ended_at is None else stretch.ended_at
        self.all.append(stretch)
        self._begins.append(stretch.started_at)
        self._latest.append(max(end, self._latest[-1]) if self._latest else end)

    def last_begun(self, until: int) -> Stretch | None:
        """The last that had begun at an instant."""
        index = bisect_right(self._begins, until)
        return self.all[index - 1] if index else None

    def begun_from(self, after: int) -> Iterator[Stretch]:
        """Those that began at an instant or later."""
        yield from _from(self.all, bisect_left(self._begins, after))

    def lasting_after(self, after: int) -> Iterator[Stretch]:
        """Those that end later than an instant."""
        for stretch in _from(self.all, bisect_right(self._latest, after)):
            if stretch.ended_at is None or stretch.ended_at > after:
                yield stretch

    def any_between(self, since: int, until: int) -> bool:
        """Did one of them last at any time between two instants?"""
        index = bisect_left(self._begins, until)
        return index > 0 and self._latest[index - 1] >= since


_NONE = _Stretches()


def _from(items: Sequence[_Item], index: int) -> Iterator[_Item]:
    return (items[at] for at in range(index, len(items)))


def _remembered(history: Iterable[str]) -> list[tuple[int, str]]:
    """The dialplan's transfers that a leg's list of them (`transfer_history`) remembers: when, and to which number."""
    entries = (_HISTORY.fullmatch(entry) for entry in history)
    transfers = ((number(entry[1], LATEST // 1_000_000), entry[2]) for entry in entries if entry)
    return sorted((at * 1_000_000, to) for at, to in transfers if at is not None)


class Moves:
    """Everything that the rules of transfers look up."""

    def __init__(
        self, facts: Sequence[Fact], legs: dict[str, Leg], names: dict[str, str], stretches: Sequence[Stretch]
    ) -> None:
        self.facts = facts
        self.legs = legs
        self.names = names
        self.connected = connections(stretches)
        self._talks: dict[str, _Stretches] = {}
        self._services: dict[str, _Stretches] = {}
        for stretch in stretches:
            by_leg = self._talks if stretch.kind in HEARD else self._services if stretch.kind in SERVICES else None
            if by_leg is not None:
                for leg_id in stretch.legs:
                    by_leg.setdefault(leg_id, _Stretches()).add(stretch)
        self._three: dict[str, list[int]] = {}
        """by leg, when it became one of three (`three_way`)"""
        self._executed: dict[str, list[Fact]] = {}
        self._executed_at: dict[tuple[str, str], list[Fact]] = {}
        for fact in facts:
            if fact.kind == "execute" and fact.data["app"] == "three_way":
                for leg_id in (fact.leg, fact.data.get("arguments", "").strip()):
                    self._three.setdefault(names.get(leg_id, leg_id), []).append(fact.at)
            if fact.kind == "execute" and fact.data.get("destination"):
                me = names.get(fact.leg, fact.leg)
                self._executed.setdefault(me, []).append(fact)
                self._executed_at.setdefault((me, fact.data["destination"]), []).append(fact)
        called: dict[str, list[Leg]] = {}
        for leg in legs.values():
            if leg.real and leg.direction == "outbound":
                for caller in self._callers(leg):
                    called.setdefault(caller.leg_id, []).append(leg)
        self._called = {leg_id: _Callees(callees) for leg_id, callees in called.items()}
        self._behind = {leg.leg_id: self._person(leg) for leg in legs.values() if leg.far}
        """by leg of a hop, who stands behind it"""

    def _callers(self, leg: Leg) -> Iterator[Leg]:
        """Who is calling this leg, and before that the hops over which."""
        seen: set[str] = set()
        parent = self.legs.get(leg.parent or "")
        while parent is not None and parent.leg_id not in seen:
            seen.add(parent.leg_id)
            if parent.far or not parent.hidden:
                yield parent
            if not parent.hidden:
                return
            parent = self.legs.get(parent.parent or "")

    def _person(self, leg: Leg) -> Leg:
        """Who called over a hop, or whom he reached at its other end."""
        if leg.parent == leg.far:
            return self.caller(leg) or leg
        met = [callee for callee in self._called.get(leg.far or "", _NOBODY).legs if callee.leg_id in self.connected]
        return max(met, key=lambda callee: self.connected[callee.leg_id]) if met else leg

    def who(self, leg: Leg) -> Leg:
        """The leg of the person behind a leg: its own, or behind a hop that at its other end."""
        return self._behind.get(leg.leg_id, leg)

    def leg(self, leg_id: str) -> Leg | None:
        leg_id = leg_id.strip()
        return self.legs.get(self.names.get(leg_id, leg_id))

    def talked(self, one: Leg, others: Iterable[Leg], after: int) -> bool:
        """Did `one` talk with any of `others` from `after` on?"""
        one = self.who(one)
        mine = self._talks.get(one.leg_id, _NONE)
        for other in map(self.who, others):
            theirs = self._talks.get(other.leg_id, _NONE)
            fewer, leg_id = (mine, other.leg_id) if len(mine.all) <= len(theirs.all) else (theirs, one.leg_id)
            if any(leg_id in stretch.legs for stretch in fewer.lasting_after(after + SLACK)):
                return True
        return False

    def talked_at_all(self, one: Leg, after: int) -> bool:
        """Did this leg talk with anybody from `after` on?"""
        return any(True for _ in self._talks.get(self.who(one).leg_id, _NONE).lasting_after(after + SLACK))

    def peer(self, leg: Leg, before: int) -> Leg | None:
        """With whom a leg last talked, or who was waiting for it, before an instant."""
        leg = self.who(leg)
        stretch = self._talks.get(leg.leg_id, _NONE).last_begun(before)
        if stretch is None:
            return None
        return self.legs[next(other for other in stretch.legs if other != leg.leg_id)]

    def talking(self, leg: Leg, since: int, until: int) -> bool:
        """Did this leg talk with somebody at any time between two instants?"""
        return self._talks.get(self.who(leg).leg_id, _NONE).any_between(since, until)

    def served(self, leg: Leg, number: str, until: int) -> bool:
        """Did this number serve the leg (a menu, a queue, a talk with who answered), and not only pass it on?"""
        first: Fact | None = None
        for fact in self._executed_at.get((leg.leg_id, number), ()):
            if fact.at > until:
                break
            first = first or fact
            if fact.data["app"] not in _PASSING:
                return True
        return first is not None and first.at < until and self.talking(leg, first.at + SLACK, until)

    def dials(self, leg: Leg, number: str, target: str, fact: Fact) -> bool:
        """Does this number stand for another one that is dialled with it, and is nobody's who could forward?

        A user's speed dial is shorter than the users' numbers and leads outside; a code before a number ends in it.
        Nothing was tried at such a number before: where phones rang, it is a group's that sends the call on.
        """
        caller = self.caller(leg) if leg.far else leg
        if caller is None or caller.outsider or self._executed_at.get((leg.leg_id, number), [fact])[0] is not fact:
            return False
        own = len((caller.user or caller.party).partition("@")[0])
        return (len(number) < own < len(target)) or (len(number) > len(target) >= own and number.endswith(target))

    def of_three(self, leg: Leg, until: int) -> bool:
        """Was this leg one of three before an instant? Who is left is bridged by the switch itself (mod_dptools)."""
        began = self._three.get(leg.leg_id)
        return began is not None and began[0] < until

    def caller(self, leg: Leg) -> Leg | None:
        """Who is calling this leg, seen through loopback legs and hops."""
        return caller_of(leg, self.legs)

    def called(self, leg: Leg, after: int) -> "Called":
        """The legs that were called for this one from an instant on, first attempt first."""
        every = self._called.get(leg.leg_id, _NOBODY)
        return Called(every, bisect_left(every.created, after - SLACK))

    def numbers(self, leg: Leg, after: int) -> Iterator[tuple[int, str]]:
        """The numbers that a moved leg was sent to, as its dialplan saw them, and since when."""
        mine = self._executed.get(leg.leg_id, [])
        first = bisect_left(mine, after - SLACK, key=lambda fact: fact.at)
        if first < len(mine):
            return ((fact.at, fact.data["destination"]) for fact in _from(mine, first))
        # Refused before any application that counts: the leg's own list of transfers remembers the number.
        return (sent for sent in _remembered(leg.history) if sent[0] >= after // 1_000_000 * 1_000_000)

    def reached(self, leg: Leg, after: int, by: Leg | None = None, number: str | None = None) -> Reached:
        """Where a leg arrived that was moved at an instant.

        `number` is where it was sent, if the means says so; empty if it says that it was no number.
        """
        if number is None:
            number = next((what for _, what in self.numbers(leg, after)), None)
        called = self.called(leg, after)
        service = next(self._services.get(self.who(leg).leg_id, _NONE).begun_from(after - SLACK), None)
        if service is not None and not (called and called.first.created_at <= service.started_at):
            name = service_party(service, leg)
            if service.kind == "voicemail" and number and name == f"voicemail:{number}":
                return Reached(number, "failed", service.kind)
            return Reached(name, "completed", service.kind)
        if not called:
            # Into a lot that was taken, or to somebody who waits: there was nobody to be called.
            met = next(self._talks.get(self.who(leg).leg_id, _NONE).begun_from(after), None)
            if met is not None and by is not None and by.leg_id not in met.legs:
                other = next((other for other in met.legs if other != self.who(leg).leg_id), leg.leg_id)
                return Reached(self.legs[other].party, "completed")
            return Reached(number or None, "failed" if leg.ended_at else None)
        reached = next((callee for callee in called if self.talked(leg, [callee], after)), None)
        returned = by is not None and reached is not None and reached.party == by.party and reached is not called.first
        # To one's own other device is where it was meant to go.
        returned = returned and by is not None and number != by.party
        back = by.party if returned and by is not None else None
        tried = called.parties(back)
        sent_on = number is not None and self._sent_on(leg, after, called.first.created_at + SLACK, number)
        # Several phones behind one number are a group, and a number that sent the call on was still where it went.
        to = number if number and (len(tried) > 1 or sent_on) else tried[0] if tried else called.first.party
        if reached is not None:
            return Reached(to, "returned" if returned else "completed")
        return Reached(to, None if not leg.ended_at or any(not callee.ended_at for callee in called) else "failed")

    def _sent_on(self, leg: Leg, after: int, until: int, number: str) -> bool:
        there = False
        for when, what in self.numbers(leg, after):
            if when > until:
                return False
            if what == number:
                there = True
            elif there or after < when:
                return True
        return False


class Called:
    """Legs that were called for one leg from an instant on; a view, never a copy."""

    __slots__ = ("_callees", "_first")

    def __init__(self, callees: "_Callees", first: int) -> None:
        self._callees, self._first = callees, first

    def __bool__(self) -> bool:
        return self._first < len(self._callees.legs)

    def __iter__(self) -> Iterator[Leg]:
        return _from(self._callees.legs, self._first)

    @property
    def first(self) -> Leg:
        return self._callees.legs[self._first]

    def parties(self, but: str | None) -> list[str]:
        """The first two different parties among them, without one."""
        found: list[str] = []
        index = self._first
        while index < len(self._callees.legs) and len(found) < 2:
            party = self._callees.legs[index].party
            if party != but and party not in found:
                found.append(party)
            index = self._callees.other_from[index]
        return found


class _Callees:
    """All legs that were called for one leg, in order of time."""

    __slots__ = ("created", "legs", "other_from")

    def __init__(self, legs: Iterable[Leg]) -> None:
        self.legs = sorted(legs, key=lambda leg: leg.created_at)
        self.created = [leg.created_at for leg in self.legs]
        self.other_from = list(range(1, len(self.legs) + 1))
        """for each, where the next of another party stands"""
        for index in range(len(self.legs) - 2, -1, -1):
            if self.legs[index].party == self.legs[index + 1].party:
                self.other_from[index] = self.other_from[index + 1]


_NOBODY = _Callees(())


def service_party(stretch: Stretch, leg: Leg) -> str:
    """A service as a party: `park:5901`, `voicemail:1005`, `queue:support`, `conference:3001`, `ivr:main`."""
    name = stretch.what
    if not name:
        return stretch.kind
    if stretch.kind == "voicemail":
        words = name.split()
        name = words[-1] if words else ""
    elif stretch.kind == "queue":
        name = name.partition("@")[0]
    return f"{stretch.kind}:{name}"
