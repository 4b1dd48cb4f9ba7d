"""The losses that the log tells of itself: own events that say when nobody listened, or what was dropped.

Accounted for by switch, over all bridges: what another bridge heard was not lost (`listening`).
"""

from collections.abc import Iterable

import msgspec

from core import own_event as own
from core.event import SwitchEvent
from core.numbers import instant
from core.numbers import number as counted
from projections.verify.findings import Loss
from projections.verify.listening import EVER, Heard, Listening

EVERYWHERE = "*"
"""the switch of a loss that is no single switch's"""
MARGIN = 2_000_000
"""µs by which the switches' clocks and ours may differ, and events be late"""
_PARKED_BEFORE = 5_000_000
_COUNTS = frozenset({"Harmony-Missing", "Harmony-Damaged-Bytes", "Harmony-Events", "Harmony-Lost-Events"})
_NEAR = 50
"""how many losses back another bridge's account of the same one may stand"""


class Losses:
    """All losses so far, in the order in which they were told. `take` events, `settle`, then ask."""

    def __init__(self) -> None:
        self.told: list[Loss] = []
        """by each bridge for itself; after `settle`: by each switch"""
        self._listening = Listening()
        self._down: dict[tuple[str, str], int] = {}
        self._explains: dict[int, int] = {}

    def take(self, event: SwitchEvent) -> None:
        """Take an own event in; most of them are no losses."""
        name = event.topic.removeprefix("CUSTOM ")
        since, until = _number(event, "Harmony-Since"), _number(event, "Harmony-Until")
        bridge = event.get("Harmony-Node") or ""
        if name == own.LINK_DOWN:
            self._link_down(event, bridge, event.occurred_at if since is None else since)
        elif name == own.LINK_UP:
            self._link_up(event, bridge, since, event.occurred_at if until is None else until)
        elif name in (own.GAP, own.OVERFLOW):
            kind = "gap" if name == own.GAP else "overflow"
            start, end = since or event.occurred_at, until or event.occurred_at
            self._listening.lost(event.switch, bridge, start, end)
            self._add(event, kind, bridge, start, end, _number(event, "Harmony-Missing"))
        elif name == own.SPOOL_USED:
            damaged, lost = _number(event, "Harmony-Damaged-Bytes"), _number(event, "Harmony-Lost-Events")
            if damaged or lost:
                # Its switch is the bridge itself: it says nothing of a switch.
                start, end = since or event.occurred_at, until or event.occurred_at
                missing = None if damaged else lost
                self.told.append(Loss("spool", EVERYWHERE, start, end, missing, event.position, event.switch))
        elif name == own.PARKED:
            missing = _number(event, "Harmony-Events")
            self._add(event, "parked", bridge, event.occurred_at - _PARKED_BEFORE, event.occurred_at, missing)

    def _link_down(self, event: SwitchEvent, bridge: str, since: int) -> None:
        if (event.switch, bridge) not in self._down:
            self._down[event.switch, bridge] = len(self.told)
            self._listening.down(event.switch, bridge, since)
            self._add(event, "link", bridge, since, None)

    def _link_up(self, event: SwitchEvent, bridge: str, since: int | None, until: int) -> None:
        self._listening.up(event.switch, bridge, since, until)
        down = self._down.pop((event.switch, bridge), None)
        if down is not None:
            self.told[down] = msgspec.structs.replace(self.told[down], until=until)
        elif since is not None:
            self._add(event, "link", bridge, since, until)

    def _add(
        self, event: SwitchEvent, kind: str, bridge: str, since: int, until: int | None, missing: int | None = None
    ) -> None:
        self.told.append(Loss(kind, event.switch, since, until, missing, event.position, bridge))

    def settle(self, heard: Iterable[Heard] = ()) -> None:
        """All was taken: leave only what no bridge heard. ``heard``: what the bridges report of themselves now."""
        told = [*self.told]
        for switch, bridge, since in self._listening.reports(heard):
            told.append(Loss("link", switch, since, None, None, 0, bridge))
        left: list[Loss] = []
        for one in told:
            left += [one] if one.kind == "parked" else self._unheard(one)
        self.told = _joined(left)
        self._explains.clear()

    def _unheard(self, one: Loss) -> list[Loss]:
        switches = [one.switch]
        if one.switch == EVERYWHERE:  # of a bridge's own: it concerns the switches that it heard
            switches = self._listening.switches(one.bridge) or switches
        until = EVER if one.until is None else max(one.until, one.since + 1)
        found = []
        for switch in switches:
            for start, end in self._listening.unheard(switch, one.bridge, one.since, until):
                whole = (start, end) == (one.since, until)
                found.append(
                    msgspec.structs.replace(
                        one,
                        switch=switch,
                        since=start,
                        until=one.until if end == until else end,
                        missing=one.missing if whole else None,
                    )
                )
        return found

    def explain(self, switch: str, since: int, until: int, count: int = 1) -> bool:
        """Whether something of this time may be missing for a loss that is told; it counts for the first such."""
        for number, one in enumerate(self.told):
            if one.switch not in (switch, EVERYWHERE) or since > (until if one.until is None else one.until + MARGIN):
                continue
            if until >= one.since - MARGIN:
                self._explains[number] = self._explains.get(number, 0) + count
                return True
        return False

    def all(self) -> list[Loss]:
        """Each loss with how much is missing for it."""
        return [
            msgspec.structs.replace(one, explains=self._explains.get(number, 0)) for number, one in enumerate(self.told)
        ]


def _joined(losses: list[Loss]) -> list[Loss]:
    """Two bridges that missed the same tell one loss."""
    found: list[Loss] = []
    newest: dict[tuple[str, str], list[int]] = {}
    for one in losses:
        same = newest.setdefault((one.kind, one.switch), [])
        for number in reversed(same[-_NEAR:]):
            other = found[number]
            if other.bridge == one.bridge or not _overlap(one, other):
                continue
            ends = [end for end in (one.until, other.until) if end is not None]
            known = [count for count in (one.missing, other.missing) if count is not None]
            found[number] = msgspec.structs.replace(
                other,
                since=min(one.since, other.since),
                until=max(ends) if len(ends) == 2 else None,
                missing=min(known, default=None),
            )
            break
        else:
            same.append(len(found))
            found.append(one)
    return found


def _overlap(one: Loss, other: Loss) -> bool:
    return one.since <= (EVER if other.until is None else other.until) and other.since <= (
        EVER if one.until is None else one.until
    )


def _number(event: SwitchEvent, name: str) -> int | None:
    return (counted if name in _COUNTS else instant)(event.get(name))
