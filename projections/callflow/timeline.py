"""The course of one call as stretches of time: a segment opens when an activity begins, and closes when it ends.

A small simulation: facts are applied to a `Course` as they happened, and after each of them `activities` says
what is going on. What was never seen but must have been (a bridge known by its end, a leg that ended with its switch)
is put in at the best known instant, and marked.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Literal

import msgspec

from core.numbers import instant
from projections.callflow.activities import Activity, activities
from projections.callflow.course import Course
from projections.callflow.document import Quality, SegmentKind
from projections.callflow.fact import Fact
from projections.callflow.kinds import CONNECTS, SHORTEST
from projections.callflow.leg import Leg
from projections.callflow.slices import PORTION, Slices

# A pause as short as this (microseconds) is the switch laying its wires anew.
_REWIRING = 100_000
Op = Literal["fact", "bridge", "cut", "end"]
_BY_TIME = itemgetter(0, 1, 2)


class Stretch(msgspec.Struct):
    """A segment in the making: an activity with its beginning and, once known, its end."""

    kind: SegmentKind
    legs: tuple[str, ...]
    by: str
    what: str
    started_at: int
    ended_at: int | None = None
    quality: Quality = "observed"


class _Record:
    """What has been going on: `stretches`, in order of beginning."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.bounded = False
        self.open: dict[Activity, Stretch] = {}
        self.stretches: list[Stretch] = []

    def turn(self, at: int) -> None:
        """Close what is over and open what began, at this instant."""
        now = dict.fromkeys(activities(self.course))
        for activity in [activity for activity in self.open if activity not in now]:
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
            when = instant(fact.data.get("bridged"))
            if when and when < fact.at:
                missing.append((when, fact))
    return missing


def course_of(
    facts: Sequence[Fact], legs: dict[str, Leg], names: dict[str, str], root: Leg | None = None
) -> Slices[list[Stretch]]:
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
    yield
    steps.sort(key=_BY_TIME)
    yield
    course = Course(legs, names, root)
    record = _Record(course)
    for number, (at, _, _, op, shown_by, me) in enumerate(steps, start=1):
        if number % PORTION == 0:
            yield
        changed = True
        record.bounded = op != "fact"
        if op == "cut":
            course.cut(me)
        elif op == "end":
            course.end(me)
        elif shown_by is None:
            course.answered.add(me)
        elif op == "bridge":
            course.connect(shown_by)
        else:
            changed = course.apply(shown_by, legs[me])
        if changed:
            record.turn(at)
    return _joined([stretch for stretch in record.stretches if _counts(stretch)])


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """A talk that the switch broke for an instant, to lay its wires anew, is one talk."""
    last: dict[tuple[str, tuple[str, ...]], Stretch] = {}
    result = []
    for stretch in stretches:
        before = last.get((stretch.kind, stretch.legs))
        if (
            stretch.kind == "talk"
            and before is not None
            and before.ended_at is not None
            and stretch.started_at - before.ended_at <= _REWIRING
        ):
            before.ended_at = stretch.ended_at
            if stretch.quality != "observed":
                before.quality = stretch.quality
            continue
        last[stretch.kind, stretch.legs] = stretch
        result.append(stretch)
    return result


def _counts(stretch: Stretch) -> bool:
    if stretch.ended_at is None or stretch.ended_at - stretch.started_at >= SHORTEST[stretch.kind]:
        return True
    # Cut short by a loss: how long it really was nobody knows, but that it was is certain.
    return stretch.quality != "observed" and stretch.kind in CONNECTS
