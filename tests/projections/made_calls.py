"""Call documents made by hand, and a way to store them without a log."""

from collections.abc import Sequence
from typing import Any

import psycopg

from projections.callflow.changes import CallState, Changes, Merged
from projections.callflow.document import Call, Caller, Hangup, Leg, Offer, Party, Segment, Transfer, render
from projections.tables import CallTables

SECOND = 1_000_000
NOON = 1_795_435_200 * SECOND
"""2026-11-23T12:00:00Z"""


def a_call(call_id: str = "call-1", **fields: Any) -> Call:
    """An answered internal call of 1001 to 1002 at noon: rings 5 s, talks 60 s."""
    start = fields.pop("started_at", NOON)
    usual: dict[str, Any] = {
        "tenant": "alpha.example",
        "direction": "internal",
        "from_": Caller(party="1001", number="1001", name="Alice", user="1001@alpha.example"),
        "dialled": "1002",
        "state": "complete",
        "answered": True,
        "outcome": "answered",
        "answered_by": "1002",
        "answered_at": start + 5 * SECOND,
        "ended_at": start + 65 * SECOND,
        "hangup": Hangup(by="1001", cause="NORMAL_CLEARING", sip_status=200),
        "talk_seconds": 60.0,
        "parties": [
            Party(party="1001", user="1001@alpha.example", role="caller", talk_seconds=60.0),
            Party(party="1002", user="1002@alpha.example", role="callee", talk_seconds=60.0),
        ],
        "segments": [
            Segment(kind="ring", parties=["1002"], started_at=start, ended_at=start + 5 * SECOND, seconds=5.0),
            talk("1001", "1002", start + 5 * SECOND, 60),
        ],
        "offers": [Offer(to="1002", started_at=start, ended_at=start + 5 * SECOND, outcome="answered")],
        "legs": [Leg(leg_id=call_id, party="1001", role="caller", created_at=start, sip_call_id=f"sip-{call_id}")],
        "version": 3,
        "first_position": 1,
        "last_position": 9,
    }
    return Call(call_id=call_id, started_at=start, **(usual | fields))


def talk(one: str, other: str, start: int, seconds: float) -> Segment:
    end = start + int(seconds * SECOND)
    return Segment(kind="talk", parties=[one, other], started_at=start, ended_at=end, seconds=float(seconds))


def queue(name: str, caller: str, start: int, seconds: float) -> Segment:
    end = start + int(seconds * SECOND)
    parties = [caller, f"queue:{name}"]
    return Segment(kind="queue", parties=parties, started_at=start, ended_at=end, seconds=float(seconds))


def transfer(kind: Any, by: str, moved: str, to: str, at: int, result: Any = "completed") -> Transfer:
    return Transfer(kind=kind, by=by, from_=moved, to=to, at=at, result=result)


def state(call: Call, long: bool = False) -> CallState:
    live = call.ended_at is None
    legs = [call.call_id, *call.aliases, *(leg.leg_id for leg in call.legs)]
    rendered = render(call) if long else None
    return CallState(
        call_id=call.call_id, document=call, rendered=rendered, state=b"state", legs=legs, live=live, events=[]
    )


def store(
    dsn: str,
    calls: Sequence[Call],
    merged: Sequence[Merged] = (),
    *,
    at: int = 10,
    tables: CallTables | None = None,
    long: bool = False,
) -> None:
    """Write calls as a page of the projection that reaches the position `at`; long ones bring their JSON."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        changes = Changes(calls=[state(call, long) for call in calls], merged=list(merged))
        (tables or CallTables()).write(cursor, changes, at)
        cursor.execute("UPDATE log.projection SET position = %s WHERE name = 'calls'", [at])
