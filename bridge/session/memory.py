"""What the log still knows of a switch when the bridge starts afresh: its core, when it was last heard, its open legs.

So that the first reconciliation can close what ended while no bridge ran. It looks back over the newest events only;
what lived longer than that is closed by whoever looks at calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from bridge.session.legs import Legs
from bridge.session.session import Remembered
from core.event import SwitchEvent
from core.log import EventLog
from core.numbers import instant
from core.own_event import CHANNEL_ALIVE, CHANNEL_GONE, LINK_DOWN, LINK_UP

LOOK_BACK: Final = 200_000
_ALIVE, _GONE, _UP, _DOWN = (f"CUSTOM {name}" for name in (CHANNEL_ALIVE, CHANNEL_GONE, LINK_UP, LINK_DOWN))
TOPICS: Final = frozenset({"CHANNEL_CREATE", "CHANNEL_DESTROY", "CHANNEL_UUID", "HEARTBEAT", _ALIVE, _GONE, _UP, _DOWN})


ALIVE: Final = 5_000_000
"""µs that a bridge may have gone on behind its last report: it writes one a second"""
LINKS: Final = 20_000


def recall(
    log: EventLog,
    switches: Iterable[str],
    look_back: int = LOOK_BACK,
    *,
    node: str | None = None,
    last_report: int | None = None,
) -> dict[str, Remembered]:
    """Return what the newest events of the log tell of each switch; nothing for one that they do not name.

    ``node``: our own name, under which a bridge may have run before; ``last_report``: when that last said that it runs.
    """
    wanted = set(switches)
    found: dict[str, list[SwitchEvent]] = {}
    for event in log.read(max(0, log.head() - look_back), look_back, TOPICS):
        if event.switch in wanted:
            found.setdefault(event.switch, []).append(event)
    known = {switch: remembered(events) for switch, events in found.items()}
    links = {} if node is None else unended(log.losses(LINKS), node)
    for switch, up_at in links.items():
        if switch in wanted:
            before = known.get(switch, Remembered())
            since = _ended(up_at, before.last_heard, last_report)
            known[switch] = msgspec.structs.replace(before, unended=since)
    return known


def unended(links: Iterable[SwitchEvent], node: str) -> dict[str, int]:
    """Return the switches to which the log leaves a link of this bridge up, and when it came up."""
    up: dict[str, int] = {}
    for event in links:
        if event.get("Harmony-Node") != node:
            continue
        if event.topic == _UP:
            up[event.switch] = event.occurred_at
        elif event.topic == _DOWN:
            up.pop(event.switch, None)
    return up


def _ended(up_at: int, heard: int | None, last_report: int | None) -> int:
    """When a bridge that said nothing was last listening: what the log has later was heard by another one."""
    if last_report is not None and (heard is None or heard > last_report + ALIVE):
        return max(up_at, last_report)
    return max(up_at, heard or 0)


def remembered(events: Iterable[SwitchEvent]) -> Remembered:
    """Fold the events of one switch."""
    legs = Legs()
    core: str | None = None
    heard: int | None = None
    for event in events:
        leg = event.leg
        if event.topic == _DOWN:
            heard = instant(event.get("Harmony-Since")) or heard
        elif event.topic == _UP:
            core = event.get("Harmony-Core-UUID") or core
            heard = event.occurred_at
        else:
            heard = max(heard or 0, event.occurred_at)
            if event.topic not in {_ALIVE, _GONE}:
                core = event.get("Core-UUID") or core
        if leg is None:
            continue
        if event.topic in {"CHANNEL_CREATE", _ALIVE}:
            legs.begin(leg)
        elif event.topic in {"CHANNEL_DESTROY", _GONE}:
            legs.end(leg)
        elif event.topic == "CHANNEL_UUID":
            legs.rename(event.get("Old-Unique-ID") or "", leg)
    return Remembered(core, heard, legs.alive())
