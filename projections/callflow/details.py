"""What a segment says beyond who and when: one struct for each shape of `detail`.

The document stores a detail as a plain dictionary, events publish it, readers get its schema: all three follow the
struct that the segment's row names in `kinds`.
"""

from typing import Annotated, Literal

import msgspec

Party = Annotated[str, msgspec.Meta(description="A user's extension, an outsider's number, or a service.")]


class NoDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more is to be said."""


class HoldDetail(msgspec.Struct, frozen=True, kw_only=True):
    by: Party | None
    """who pressed hold"""


class QueueDetail(msgspec.Struct, frozen=True, kw_only=True):
    queue: str


class QueueEndDetail(msgspec.Struct, frozen=True, kw_only=True):
    queue: str
    outcome: (
        Literal[
            "answered", "taken", "handed_on", "abandoned", "left_by_key", "overflowed", "timeout", "no_agent", "other"
        ]
        | None
    )
    """taken: somebody fetched the caller out of the queue; handed_on: who waited put another in his place; overflowed:
    the caller went on to something else; timeout, no_agent: the queue let him go, and the call ended"""
    agent: Party | None
    """who answered, or fetched him"""
    to: Party | None
    """who took the place, or where the caller went on to"""


class ParkDetail(msgspec.Struct, frozen=True, kw_only=True):
    lot: str
    parked_by: Party | None


class ParkEndDetail(msgspec.Struct, frozen=True, kw_only=True):
    lot: str
    parked_by: Party | None
    retrieved_by: Party | None


class RoomDetail(msgspec.Struct, frozen=True, kw_only=True):
    room: str


class FileDetail(msgspec.Struct, frozen=True, kw_only=True):
    file: str


class MonitorDetail(msgspec.Struct, frozen=True, kw_only=True):
    mode: str
    leg: str
