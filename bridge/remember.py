"""What the log still knows of a switch when the bridge starts afresh: its core, when it was last heard, its open legs.

So that the first reconciliation can close what ended while no bridge ran. It looks back over the newest events only;
what lived longer than that is closed by whoever looks at calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bridge.freeswitch import Remembered
from bridge.session.legs import Legs
from core.event import SwitchEvent
from core.log import EventLog
from core.numbers import instant
from core.own_event import CHANNEL_ALIVE, CHANNEL_GONE, LINK_DOWN, LINK_UP

LOOK_BACK: Final = 200_000
_ALIVE, _GONE, _UP, _DOWN = (f"CUSTOM {name}" for name in (CHANNEL_ALIVE, CHANNEL_GONE, LINK_UP, LINK_DOWN))
TOPICS: Final = frozenset({"CHANNEL_CREATE", "CHANNEL_DESTROY", "CHANNEL_UUID", "HEARTBEAT", _ALIVE, _GONE, _UP, _DOWN})


def recall(log: EventLog, switches: Iterable[str], look_back: int = LOOK_BACK) -> dict[str, Remembered]:
    """Return what the newest events of the log tell of each switch; nothing for one that they do not name."""
    wanted = set(switches)
    found: dict[str, list[SwitchEvent]] = {}
    for event in log.read(max(0, log.head() - look_back), look_back, TOPICS):
        if event.switch in wanted:
            found.setdefault(event.switch, []).append(event)
    return {switch: remembered(events) for switch, events in found.items()}


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
