"""A small fold with the interface of the real one: legs that are bridged or originated by one another are one call.

It is no judge of calls. It is here so that runner, tables and rebuild are tested with calls that begin, grow, become
one after the fact, end, leave memory and come back, from real events, before and beside the real fold.
"""

from collections.abc import Sequence

import msgspec

from core.event import SwitchEvent
from projections.callflow.changes import CallEvent, CallState, Changes, Merged
from projections.callflow.document import Call, Caller, Evidence, Leg, Offer, Party, Segment
from projections.callflow.fact import Reading
from projections.callflow.pacing import Pace

TOPICS = frozenset(
    {
        "CHANNEL_CREATE",
        "CHANNEL_ANSWER",
        "CHANNEL_BRIDGE",
        "CHANNEL_UNBRIDGE",
        "CHANNEL_HANGUP_COMPLETE",
        "CUSTOM test::refused",
        "CUSTOM test::crash",
        "CUSTOM test::unreadable",
    }
)


class Refused(Exception):
    """An event that this fold does not want."""

    code = "test.refused"


class _Leg(msgspec.Struct):
    leg_id: str
    party: str
    switch: str
    created_at: int
    answered_at: int | None = None
    ended_at: int | None = None
    cause: str | None = None


class _Call(msgspec.Struct):
    call_id: str
    tenant: str | None
    dialled: str | None
    name: str | None
    started_at: int
    first_position: int
    last_position: int
    version: int = 0
    legs: dict[str, _Leg] = msgspec.field(default_factory=dict)
    aliases: list[str] = msgspec.field(default_factory=list)
    bridges: list[tuple[str, str, int, int | None]] = msgspec.field(default_factory=list)
    evidence: list[tuple[str, str, str, int]] = msgspec.field(default_factory=list)


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Call).decode


class FakeFold:
    """`tag` stands for a version of the fold: it goes into the dialled number, so that a rebuild finds differences."""

    def __init__(self, tag: str = "") -> None:
        self._tag = tag
        self._calls: dict[str, _Call] = {}
        self._call_of: dict[str, str] = {}
        self._changed: dict[str, None] = {}
        self._events: dict[str, list[CallEvent]] = {}
        self._merged: list[Merged] = []

    @property
    def in_memory(self) -> int:
        return len(self._calls)

    def read(self, event: SwitchEvent) -> Reading:
        if event.topic == "CUSTOM test::unreadable":
            raise Refused("This event cannot be read, for the test of it.")
        return Reading(event, _legs_named(event))

    def missing_legs(self, readings: Sequence[Reading]) -> list[str]:
        named = {leg: None for reading in readings for leg in reading.legs if leg not in self._call_of}
        return list(named)

    def restore(self, *states: bytes) -> None:
        (state,) = states
        call = _unpack(state)
        if call.call_id not in self._calls:
            self._calls[call.call_id] = call
            self._call_of |= dict.fromkeys([*call.legs, *call.aliases], call.call_id)

    def apply(self, reading: Reading) -> None:
        event = reading.event
        if event.topic == "CUSTOM test::refused":
            raise Refused("This event is refused, for the test of it.")
        if event.topic == "CUSTOM test::crash":
            self._changed["no such call"] = None
            return
        leg_id = event.leg
        if leg_id is None:
            return
        if leg_id not in self._call_of:
            self._begin(event, leg_id)
        call = self._calls[self._call_of[leg_id]]
        leg = call.legs.get(leg_id)
        if leg is None:
            return
        match event.topic:
            case "CHANNEL_ANSWER" if leg.answered_at is None:
                leg.answered_at = event.occurred_at
                self._tell(call, event, "call.answered", {"party": leg.party, "answered_at": event.occurred_at})
            case "CHANNEL_BRIDGE":
                other = event.get("Other-Leg-Unique-ID") or event.get("Bridge-B-Unique-ID")
                if other is not None and other in self._call_of:
                    call = self._join(call, self._calls[self._call_of[other]], event, leg_id, other)
                    call.bridges.append((leg_id, other, event.occurred_at, None))
            case "CHANNEL_UNBRIDGE" | "CHANNEL_HANGUP_COMPLETE":
                call.bridges = [
                    (a, b, start, event.occurred_at if end is None and leg_id in (a, b) else end)
                    for a, b, start, end in call.bridges
                ]
                if event.topic == "CHANNEL_HANGUP_COMPLETE" and leg.ended_at is None:
                    leg.ended_at, leg.cause = event.occurred_at, event.get("Hangup-Cause")
                    if all(each.ended_at is not None for each in call.legs.values()):
                        self._tell(call, event, "call.ended", {"cause": leg.cause})
        call.last_position = event.position
        call.version += 1
        self._changed[call.call_id] = None

    def _begin(self, event: SwitchEvent, leg_id: str) -> None:
        party = event.get("Caller-Destination-Number" if event.get("Call-Direction") == "outbound" else "Caller-ANI")
        leg = _Leg(leg_id, party or "unknown", event.switch, event.occurred_at)
        other = event.get("Other-Leg-Unique-ID")
        if other is not None and other in self._call_of:
            call = self._calls[self._call_of[other]]
            call.evidence.append((leg_id, other, "other_leg", event.position))
            self._tell(call, event, "call.offered", {"to": leg.party})
        else:
            call = _Call(
                call_id=leg_id,
                tenant=event.get("variable_domain_name") or event.get("Caller-Context"),
                dialled=(event.get("Caller-Destination-Number") or "") + self._tag,
                name=event.get("Caller-Caller-ID-Name"),
                started_at=event.occurred_at,
                first_position=event.position,
                last_position=event.position,
            )
            self._calls[leg_id] = call
            self._tell(call, event, "call.started", {"from": leg.party})
        call.legs[leg_id] = leg
        self._call_of[leg_id] = call.call_id

    def _join(self, one: _Call, two: _Call, event: SwitchEvent, leg: str, other: str) -> _Call:
        if one is two:
            return one
        first, second = sorted((one, two), key=lambda call: (call.first_position, call.call_id))
        first.legs |= second.legs
        first.aliases += [second.call_id, *second.aliases]
        first.bridges += second.bridges
        first.evidence += [*second.evidence, (leg, other, "bridge", event.position)]
        self._call_of |= dict.fromkeys([*second.legs, *second.aliases], first.call_id)
        del self._calls[second.call_id]
        self._changed.pop(second.call_id, None)
        self._events.setdefault(first.call_id, []).extend(self._events.pop(second.call_id, []))
        self._merged.append(Merged(alias=second.call_id, call_id=first.call_id, position=event.position))
        self._tell(first, event, "call.merged", {"alias": second.call_id})
        return first

    def _tell(self, call: _Call, event: SwitchEvent, kind: str, data: dict[str, object]) -> None:
        told = CallEvent(
            event_id=f"{call.call_id}:{kind}:{event.position}",
            type=kind,
            call_id=call.call_id,
            tenant=call.tenant,
            occurred_at=event.occurred_at,
            position=event.position,
            data=data,
        )
        self._events.setdefault(call.call_id, []).append(told)

    @property
    def behind(self) -> bool:
        return False

    def take_changes(self, pace: Pace = "due") -> Changes:
        states = []
        for call_id in self._changed:
            call = self._calls[call_id]
            live = any(leg.ended_at is None for leg in call.legs.values())
            states.append(
                CallState(
                    call_id=call_id,
                    document=_document(call, live),
                    state=_pack(call),
                    legs=[*call.legs, *call.aliases],
                    live=live,
                    events=self._events.pop(call_id, []),
                )
            )
            if not live:
                del self._calls[call_id]
                for leg in (*call.legs, *call.aliases):
                    self._call_of.pop(leg, None)
        changes = Changes(calls=states, merged=self._merged)
        self._changed, self._merged = {}, []
        return changes


def _legs_named(event: SwitchEvent) -> list[str]:
    names = (event.leg, event.get("Other-Leg-Unique-ID"), event.get("Bridge-B-Unique-ID"))
    return [name for name in names if name]


def _document(call: _Call, live: bool) -> Call:
    legs = list(call.legs.values())
    ended = None if live else max(leg.ended_at or 0 for leg in legs)
    answered = [leg for leg in legs[1:] if leg.answered_at is not None]
    talked = sum(end - start for _, _, start, end in call.bridges if end is not None) / 1_000_000
    return Call(
        call_id=call.call_id,
        aliases=call.aliases,
        tenant=call.tenant,
        direction="internal",
        from_=Caller(party=legs[0].party, number=legs[0].party, name=call.name, user=f"{legs[0].party}@{call.tenant}"),
        dialled=call.dialled,
        state="complete" if not live else "talking" if answered else "ringing",
        answered=bool(answered),
        outcome=None if live else "answered" if answered else "no_answer",
        answered_by=answered[0].party if answered else None,
        started_at=call.started_at,
        answered_at=answered[0].answered_at if answered else None,
        ended_at=ended,
        talk_seconds=talked,
        parties=[Party(party=party) for party in dict.fromkeys(leg.party for leg in legs)],
        segments=[
            Segment(
                kind="talk",
                parties=[call.legs[a].party, call.legs[b].party],
                started_at=start,
                ended_at=end,
                seconds=None if end is None else (end - start) / 1_000_000,
                detail={"began_at": start, "legs": [a, b]},
            )
            for a, b, start, end in call.bridges
        ],
        offers=[
            Offer(
                to=leg.party,
                started_at=leg.created_at,
                ended_at=leg.answered_at or leg.ended_at,
                outcome="answered" if leg.answered_at else "no_answer" if leg.ended_at else None,
            )
            for leg in legs[1:]
        ],
        legs=[
            Leg(
                leg_id=leg.leg_id,
                party=leg.party,
                switch=leg.switch,
                created_at=leg.created_at,
                answered_at=leg.answered_at,
                ended_at=leg.ended_at,
                cause=leg.cause,
            )
            for leg in legs
        ],
        evidence=[Evidence(legs=[a, b], why=why, position=position) for a, b, why, position in call.evidence],
        version=call.version,
        first_position=call.first_position,
        last_position=call.last_position,
    )
