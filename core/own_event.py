"""Events that Harmony itself puts into the log: in the shape of the switch's own, so that one log holds both.

Their Core-UUID is that of the process that made them (a run of its own); what they are about is in their headers:
``Harmony-Switch`` (node name), ``Harmony-Node`` (the bridge that tells it), ``Harmony-Core-UUID`` (the switch's core,
when known), ``Harmony-Since`` and ``Harmony-Until`` (µs since the epoch) for an interval, ``Unique-ID`` for a leg.
"""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from uuid import uuid4

LINK_UP = "harmony::link_up"
LINK_DOWN = "harmony::link_down"
GAP = "harmony::gap"
OVERFLOW = "harmony::overflow"
RECONCILED = "harmony::reconciled"
SPOOL_USED = "harmony::spool_used"
CHANNEL_GONE = "harmony::channel_gone"
CHANNEL_ALIVE = "harmony::channel_alive"
PARKED = "harmony::parked"
COMMAND_REQUESTED = "harmony::command_requested"
COMMAND_COMPLETED = "harmony::command_completed"
OPERATOR = "harmony::operator"
DECIDED = "harmony::decided"
SWITCHES = "harmony::switches"
SUBCLASSES = frozenset(
    {
        LINK_UP,
        LINK_DOWN,
        GAP,
        OVERFLOW,
        RECONCILED,
        SPOOL_USED,
        CHANNEL_GONE,
        CHANNEL_ALIVE,
        PARKED,
        COMMAND_REQUESTED,
        COMMAND_COMPLETED,
        OPERATOR,
        DECIDED,
        SWITCHES,
    }
)

LOSSES = (LINK_UP, LINK_DOWN, GAP, OVERFLOW, SPOOL_USED, PARKED)
"""what tells when switches were heard and what was lost; the log has an index of these (0230_switch_event_losses)"""


def own_event(name: str, core_uuid: str, sequence: int, occurred_at: int, **headers: str | int) -> bytes:
    """Return the term of an own event. ``name`` is one of the subclasses; an underscore in a keyword stands for ``-``.

    ``own_event(LINK_UP, core, 1, now, Harmony_Switch="freeswitch@pbx1")``; ``Unique_ID`` makes it an event of that leg.
    """
    if name not in SUBCLASSES:
        raise ValueError(f"{name} is no event of Harmony's own; the names are in core.own_event.SUBCLASSES.")
    pairs = {key.replace("_", "-"): str(value) for key, value in headers.items()}
    when = datetime.fromtimestamp(occurred_at // 1_000_000, UTC)
    every = {
        "Event-Name": "CUSTOM",
        "Core-UUID": core_uuid,
        "Event-Date-GMT": when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "Event-Date-Timestamp": str(occurred_at),
        "Event-Sequence": str(sequence),
        "Event-Subclass": name,
    } | pairs
    leg = pairs.get("Unique-ID")
    first = b"d\x00\x09undefined" if leg is None else _binary(leg)
    body = b"".join(b"h\x02%b%b" % (_binary(key), _binary(value)) for key, value in every.items())
    return b"\x83h\x02d\x00\x05eventl%b%b%bj" % ((len(every) + 1).to_bytes(4, "big"), first, body)


def _binary(value: str) -> bytes:
    data = value.encode()
    return b"m%b%b" % (len(data).to_bytes(4, "big"), data)


class OwnEvents:
    """One process's source of own events: a run of its own, numbered from 1. Safe to use from several threads."""

    def __init__(self, core_uuid: str | None = None) -> None:
        self.core_uuid = core_uuid or str(uuid4())
        self._sequence = itertools.count(1)

    def make(self, name: str, occurred_at: int | None = None, **headers: str | int) -> bytes:
        """Return the next own event, happening now unless told otherwise."""
        now = time.time_ns() // 1000 if occurred_at is None else occurred_at
        return own_event(name, self.core_uuid, next(self._sequence), now, **headers)
