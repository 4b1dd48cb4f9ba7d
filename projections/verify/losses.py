"""The losses that the log tells of itself: own events that say when nobody listened, or what was dropped."""

import msgspec

from core import own_event as own
from core.event import SwitchEvent
from core.numbers import instant
from core.numbers import number as counted
from projections.verify.findings import Loss

EVERYWHERE = "*"
"""the switch of a loss that is no single switch's"""
MARGIN = 2_000_000
"""µs by which the switches' clocks and ours may differ, and events be late"""
_PARKED_BEFORE = 5_000_000
_COUNTS = frozenset({"Harmony-Missing", "Harmony-Damaged-Bytes", "Harmony-Events"})


class Losses:
    """All losses so far, in the order in which they were told."""

    def __init__(self) -> None:
        self.told: list[Loss] = []
        self._down: dict[str, int] = {}
        self._explains: dict[int, int] = {}

    def take(self, event: SwitchEvent) -> None:
        """Take an own event in; most of them are no losses."""
        name = event.topic.removeprefix("CUSTOM ")
        since, until = _number(event, "Harmony-Since"), _number(event, "Harmony-Until")
        if name == own.LINK_DOWN:
            self._down[event.switch] = len(self.told)
            self._add(event, "link", event.occurred_at if since is None else since, None)
        elif name == own.LINK_UP:
            self._link_up(event, since, event.occurred_at if until is None else until)
        elif name in (own.GAP, own.OVERFLOW):
            kind = "gap" if name == own.GAP else "overflow"
            missing = _number(event, "Harmony-Missing")
            self._add(event, kind, since or event.occurred_at, until or event.occurred_at, missing)
        elif name == own.SPOOL_USED and (damaged := _number(event, "Harmony-Damaged-Bytes")):
            start, end = since or event.occurred_at, until or event.occurred_at
            self.told.append(Loss("spool", EVERYWHERE, start, end, None if damaged else 0, event.position))
        elif name == own.PARKED:
            missing = _number(event, "Harmony-Events")
            self._add(event, "parked", event.occurred_at - _PARKED_BEFORE, event.occurred_at, missing)

    def _link_up(self, event: SwitchEvent, since: int | None, until: int) -> None:
        down = self._down.pop(event.switch, None)
        if down is not None:
            self.told[down] = msgspec.structs.replace(self.told[down], until=until)
        elif since is not None:
            self._add(event, "link", since, until)

    def _add(self, event: SwitchEvent, kind: str, since: int, until: int | None, missing: int | None = None) -> None:
        self.told.append(Loss(kind, event.switch, since, until, missing, event.position))

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


def _number(event: SwitchEvent, name: str) -> int | None:
    return (counted if name in _COUNTS else instant)(event.get(name))
