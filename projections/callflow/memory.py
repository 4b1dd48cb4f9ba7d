"""The calls that are in memory, and the indexes by which the fold finds them.

The fold looks for calls in four ways, and each has an index of its own, so that no event makes it walk over all calls:

    by leg         which call is this event part of?                       `of_legs`
    by switch      whose legs are lost when a core dies or a link breaks?  `living`, `runs`
    by condition   which legs have hung up without their last event?       `hung`
                   which may turn out to be one with another?              `waiting`
                   which calls are over, and may be forgotten?             `ended`
                   which calls have changed?                               `dirty`

All of them follow from the state of the group alone. Nobody writes to an index: whoever changes a group calls `keep`
afterwards, and `keep` puts the group where it now belongs and takes it out of where it does not belong any more.
`forget` takes it out of all. The two are the only ways in and out; a call that was forgotten and was still found by its
switch would be published as a live one long after its end.

Groups are keyed by `id()`: a call's own id changes when it merges, and two groups with equal facts are still two. Every
dictionary keeps its order of insertion, so that calls are handed out in an order that depends on the log alone.
"""

from collections.abc import Iterable, Iterator

from projections.callflow.group import Group


class Memory:
    """Calls by their legs; those that live by switch and run of its core; those that wait for something."""

    def __init__(self) -> None:
        self._by_leg: dict[str, Group] = {}
        self._by_run: dict[str, dict[int, dict[int, Group]]] = {}
        self._runs_of: dict[int, set[tuple[str, int]]] = {}
        self.hung: dict[int, Group] = {}
        """calls with a leg that hung up and whose HANGUP_COMPLETE has not come"""
        self.ended: dict[int, Group] = {}
        """calls that are over, and handed out as that"""
        self.dirty: dict[int, Group] = {}
        """calls whose document is behind their facts, in the order in which they changed"""
        self.waiting: dict[int, Group] = {}
        """calls of which it cannot be said yet whether they are one with those at the other ends of their hops"""

    def __contains__(self, leg: str) -> bool:
        return leg in self._by_leg

    def __len__(self) -> int:
        return len({id(group) for group in self._by_leg.values()})

    def of_legs(self, legs: Iterable[str]) -> list[Group]:
        """The calls that these legs are of, each once."""
        found = (self._by_leg.get(leg) for leg in legs)
        return list({id(group): group for group in found if group is not None}.values())

    def keep(self, group: Group, legs: Iterable[str]) -> None:
        """Find this call by what it holds now; `legs` are those that it may not have held before."""
        for leg in (*legs, *group.hops):
            self._by_leg[leg] = group
        if group.moved:
            self._place(group)
        if group.hung:
            self.hung[id(group)] = group
        else:
            self.hung.pop(id(group), None)
        if group.dirty:
            self.dirty[id(group)] = group
        else:
            self.dirty.pop(id(group), None)
        if group.waits:
            self.waiting[id(group)] = group
        else:
            self.waiting.pop(id(group), None)
        if group.ended and not group.dirty and not group.waits:
            self.ended[id(group)] = group
        else:
            self.ended.pop(id(group), None)

    def _place(self, group: Group) -> None:
        group.moved = False
        now = {(place.switch, place.run) for place in group.open_legs.values()}
        before = self._runs_of.get(id(group), set())
        for switch, run in before - now:
            runs = self._by_run[switch]
            del runs[run][id(group)]
            if not runs[run]:
                del runs[run]
        for switch, run in now - before:
            self._by_run.setdefault(switch, {}).setdefault(run, {})[id(group)] = group
        if now:
            self._runs_of[id(group)] = now
        else:
            self._runs_of.pop(id(group), None)

    def forget(self, group: Group) -> None:
        """Find this call by nothing any more."""
        group.open_legs.clear()
        self._place(group)
        for waiting in (self.hung, self.ended, self.dirty, self.waiting):
            waiting.pop(id(group), None)
        for leg in (*group.legs, *group.hops):
            if self._by_leg.get(leg) is group:
                del self._by_leg[leg]

    def runs(self, switch: str) -> list[int]:
        """The lives of a switch's core in which a leg lives."""
        return list(self._by_run.get(switch, ()))

    def living(self, switch: str, run: int | None = None) -> list[Group]:
        """The calls with a leg that lives on a switch, in one life of its core or in any."""
        runs = self._by_run.get(switch, {})
        chosen = runs.values() if run is None else [runs.get(run, {})]
        return list({key: group for groups in chosen for key, group in groups.items()}.values())

    def everywhere(self, group: Group) -> Iterator[str]:
        """By what a call is found, for tests."""
        if group in self._by_leg.values():
            yield "leg"
        for switch, runs in self._by_run.items():
            yield from (f"{switch} {run}" for run, groups in runs.items() if id(group) in groups)
        conditions = {"hung": self.hung, "ended": self.ended, "dirty": self.dirty, "waiting": self.waiting}
        for name, waiting in conditions.items():
            if id(group) in waiting:
                yield name
