"""What agents of queues do, from what mod_callcenter tells: changes, and the stretches between them. Pure.

A change says one thing, the status (which people set: Available, On Break, ...) or the state (which the module sets:
Waiting, Receiving, In a queue call, ...); what it does not say goes on. A stretch is the time between two changes in
which nothing changed. Changes are put in the order of the switch's clock, and of its sequence within one instant, so
that the stretches are the same in whatever order the events were stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from core.event import SwitchEvent
from core.tenancy import company_of

TOPIC = "CUSTOM callcenter::info"
OFFERED = ("Receiving", "In a queue call")
"""states in which an agent has to do with one caller"""
SIGNED_OFF = "Logged Out"


class Change(msgspec.Struct, frozen=True, order=True):
    """One change of an agent; sorts by time."""

    at: int
    """µs since the epoch, by the switch's clock"""
    version: int
    """run and sequence of the switch: orders what happened at one instant"""
    agent: str
    switch: str
    position: int
    status: str | None = None
    state: str | None = None
    leg: str | None = None
    """the caller's leg that is offered to the agent from now on"""
    queue: str | None = None


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which an agent's status and state stayed as they are."""

    agent: str
    switch: str
    started_at: int
    version: int
    position: int
    """of the event that began it"""
    ended_at: int | None = None
    """None: it lasts"""
    ended_position: int | None = None
    status: str | None = None
    """None: not told yet"""
    state: str | None = None
    leg: str | None = None
    """the caller's leg, while the agent is offered it or talks with him"""
    queue: str | None = None
    """the queue that it came from"""

    @property
    def tenant(self) -> str | None:
        return company_of(self.agent if "@" in self.agent else None)


def change(event: SwitchEvent) -> Change | None:
    """What an event says of an agent; None for one that says nothing."""
    get = event.get
    agent = get("CC-Agent")
    if not agent:
        return None
    made = Change(event.occurred_at, event.version, agent, event.switch, event.position)
    match get("CC-Action"):
        case "agent-status-change" if status := get("CC-Agent-Status"):
            return msgspec.structs.replace(made, status=status)
        case "agent-state-change" if state := get("CC-Agent-State"):
            return msgspec.structs.replace(made, state=state)
        case "agent-offering" | "bridge-agent-start":
            return msgspec.structs.replace(made, leg=get("CC-Member-Session-UUID"), queue=get("CC-Queue"))
        case _:
            return None


def stretches(before: Stretch | None, changes: Iterable[Change]) -> list[Stretch]:
    """The stretches of one agent at one switch from the one that lasted `before` the first change on, in order.

    The first of them is `before` with its end, if anything changed. A change that says nothing new begins nothing.
    """
    found: list[Stretch] = []
    if before is not None:
        found.append(msgspec.structs.replace(before, ended_at=None, ended_position=None))
    for one in sorted(changes):
        last = found[-1] if found else None
        now = _after(last, one)
        if last is not None and _says(now) != _says(last):
            found[-1] = msgspec.structs.replace(last, ended_at=one.at, ended_position=one.position)
        if last is None or _says(now) != _says(last):
            found.append(now)
    return found


def _says(one: Stretch) -> Sequence[str | None]:
    return one.status, one.state, one.leg, one.queue


def _after(last: Stretch | None, one: Change) -> Stretch:
    status = one.status or (last.status if last else None)
    state = one.state or (last.state if last else None)
    # Whom he has to do with is told by the offer, mostly before the state says so; it holds until the state is another.
    leg, queue = (one.leg, one.queue) if one.leg else (last.leg, last.queue) if last else (None, None)
    if one.state is not None and one.state not in OFFERED:
        leg, queue = None, None
    return Stretch(
        agent=one.agent,
        switch=one.switch,
        started_at=one.at,
        version=one.version,
        position=one.position,
        status=status,
        state=state,
        leg=leg,
        queue=queue,
    )


__all__ = ["OFFERED", "SIGNED_OFF", "TOPIC", "Change", "Stretch", "change", "stretches"]
