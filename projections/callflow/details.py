"""What a segment says beyond who and when: one struct for each shape of `detail`.

The document stores a detail as a plain dictionary, events publish it, readers get its schema: all three follow the
struct that the segment's row names in `kinds`.
"""

from typing import Annotated

import msgspec

Party = Annotated[str, msgspec.Meta(description="A user's extension, an outsider's number, or a service.")]


class NoDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more is to be said."""


class HoldDetail(msgspec.Struct, frozen=True, kw_only=True):
    by: Party | None
    """who pressed hold"""


class QueueDetail(msgspec.Struct, frozen=True, kw_only=True):
    queue: str


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
