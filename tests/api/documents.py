"""Call documents as tests need them: one attended transfer, written by hand from CALLS.md."""

from typing import Any

DAY = "2026-11-23T08:51:"


def attended() -> dict[str, Any]:
    """1001 calls 1002; 1002 consults 1003 and hands 1001 over; 1001 hangs up."""
    return {
        "call_id": "5ab3839f-cd3e-404b-8c62-000000000001",
        "aliases": ["5ab3839f-cd3e-404b-8c62-000000000003"],
        "tenant": "alpha.example",
        "direction": "internal",
        "from": {"party": "1001", "number": "1001", "name": "Alice", "user": "1001@alpha.example"},
        "dialled": "1002",
        "state": "complete",
        "answered": True,
        "outcome": "answered",
        "answered_by": "1002",
        "started_at": DAY + "16.818426Z",
        "answered_at": DAY + "18.000000Z",
        "ended_at": DAY + "26.000000Z",
        "hangup": {"by": "1001", "cause": "NORMAL_CLEARING", "sip_status": 200},
        "talk_seconds": 4.49,
        "parties": [],
        "segments": [
            segment("ring", ["1002"], "16.900000Z", "18.000000Z"),
            segment("talk", ["1001", "1002"], "18.010000Z", "19.600000Z"),
            segment("hold", ["1001"], "19.600000Z", "22.600000Z", by="1002"),
            segment("consult", ["1002", "1003"], "21.000000Z", "22.600000Z"),
            segment("talk", ["1001", "1003"], "22.610000Z", "26.000000Z"),
        ],
        "offers": [
            {"to": "1002", "started_at": DAY + "16.900000Z", "ended_at": DAY + "18.000000Z", "outcome": "answered"},
            {"to": "1003", "started_at": DAY + "20.000000Z", "ended_at": DAY + "21.000000Z", "outcome": "answered"},
        ],
        "transfers": [
            {
                "kind": "attended",
                "by": "1002",
                "from": "1001",
                "to": "1003",
                "at": DAY + "22.600000Z",
                "result": "completed",
            }
        ],
        "legs": [leg("a", "1001", "16.818426Z", "26.000000Z"), leg("b", "1002", "16.900000Z", "22.600000Z")],
        "quality": "observed",
        "evidence": [{"legs": ["a", "b"], "why": "originator", "position": 1234}],
        "version": 7,
        "first_position": 1200,
        "last_position": 1391,
    }


def segment(kind: str, parties: list[str], start: str, end: str | None, **detail: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "parties": parties,
        "started_at": DAY + start,
        "ended_at": end and DAY + end,
        "seconds": None,
        "quality": "observed",
        "detail": detail,
    }


def leg(leg_id: str, party: str, start: str, end: str | None) -> dict[str, Any]:
    return {
        "leg_id": leg_id,
        "party": party,
        "role": "caller",
        "switch": "freeswitch@pbx1",
        "created_at": DAY + start,
        "answered_at": None,
        "ended_at": end and DAY + end,
        "cause": None,
        "sip_call_id": None,
    }
