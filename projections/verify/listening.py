"""When each bridge heard each switch: what one bridge missed is no loss where another one was listening.

A bridge listens from a link-up to a link-down, but for the times of which it says itself that events were lost. One
that was killed cannot say its end: the bridge that starts next under its name does (`bridge.session.memory`), and until
then what the running processes say of themselves in the database (`Heard`). Instants are µs since the epoch. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

Interval = tuple[int, int]
EVER = 1 << 62
"""the end of what has not ended, as an instant"""


class Heard(msgspec.Struct, frozen=True):
    """What a bridge's report says of its link to one switch, beside what the log has of it."""

    bridge: str
    switch: str
    since: int | None
    """since when the link is up; None: it is not"""
    until: int | None
    """when the bridge last reported; None: it runs, so that its links are told by the log"""


class Listening:
    """The times in which bridges heard switches. Bridges without a name are of logs that did not tell it yet."""

    def __init__(self) -> None:
        self._up: dict[tuple[str, str], list[list[int]]] = {}
        self._lost: dict[tuple[str, str], list[Interval]] = {}
        self._told: dict[tuple[str, str], int] = {}

    def up(self, switch: str, bridge: str, since: int | None, at: int) -> None:
        """The link is up from ``at`` on; before, nothing was heard from ``since`` on."""
        key = switch, bridge
        spans = self._up.setdefault(key, [])
        if spans and spans[-1][1] == EVER:  # its end was never told
            spans[-1][1] = max(spans[-1][0], min(at, self._told[key] if since is None else since))
        spans.append([at, EVER])
        self._told[key] = at

    def down(self, switch: str, bridge: str, since: int) -> None:
        """The link is down; nothing was heard from ``since`` on."""
        key = switch, bridge
        spans = self._up.setdefault(key, [])
        if not spans:  # its begin is not kept any more
            spans.append([0, since])
        elif spans[-1][1] == EVER:
            spans[-1][1] = max(spans[-1][0], since)

    def lost(self, switch: str, bridge: str, since: int, until: int) -> None:
        """The link stood, and events were lost all the same."""
        self._lost.setdefault((switch, bridge), []).append((since, until))
        self._told[switch, bridge] = max(until, self._told.get((switch, bridge), 0))

    def reports(self, heard: Iterable[Heard]) -> list[tuple[str, str, int]]:
        """Take in what the processes report; return (switch, bridge, since when) of links that ended without a word."""
        ended: list[tuple[str, str, int]] = []
        for one in heard:
            key = one.switch, one.bridge
            spans = self._up.setdefault(key, [])
            if one.until is None:
                if one.since is not None and not (spans and spans[-1][1] == EVER):
                    spans.append([one.since, EVER])
            elif spans and spans[-1][1] == EVER:
                spans[-1][1] = max(spans[-1][0], one.until)
                ended.append((one.switch, one.bridge, spans[-1][1]))
        return ended

    def switches(self, bridge: str) -> list[str]:
        """Return the switches that a bridge has heard."""
        return sorted(switch for switch, name in self._up if name == bridge)

    def unheard(self, switch: str, bridge: str, since: int, until: int) -> list[Interval]:
        """Return the parts of an interval, lost to this bridge, in which no other bridge heard the switch."""
        left = [(since, until)]
        for (where, name), spans in self._up.items():
            if where != switch or name in ("", bridge):
                continue
            for start, end in spans:
                if end <= since or until <= start:
                    continue
                for sound in without([(start, end)], self._lost.get((where, name), [])):
                    left = without(left, [sound])
        return left


def without(intervals: list[Interval], cuts: Iterable[Interval]) -> list[Interval]:
    """Return what is left of intervals."""
    for start, end in cuts:
        left: list[Interval] = []
        for since, until in intervals:
            if end <= since or until <= start:
                left.append((since, until))
                continue
            if since < start:
                left.append((since, start))
            if end < until:
                left.append((end, until))
        intervals = left
    return intervals
