"""The tables of the schema `calls` as the writer sees them: names, columns, and how values travel in a binary COPY.

The order of columns here is the order of values in the rows of rows.py. What a column means stands in projections/sql.
"""

import struct
from collections.abc import Iterable
from typing import Any

import msgspec

# Row values are what psycopg's binary COPY takes for these types. The server reads the bytes by the column's own type,
# so that an instant travels as the int8 that a timestamptz is (microseconds since 2000), and arrays and JSON as bytes.
TEXT, INT, BIG, FLOAT, BOOL, RAW = "text", "int4", "int8", "float8", "bool", "bytea"
INSTANT = BIG

Row = tuple[Any, ...]

_SINCE_1970 = 946_684_800_000_000


def at(micros: int | None) -> int | None:
    """Microseconds since 1970 as the wire form of a timestamptz."""
    return None if micros is None else micros - _SINCE_1970


_LONGEST = 200
"""characters of a column; three such texts still fit into one entry of an index (2704 bytes)"""


def text(value: str | None) -> str | None:
    """A text that PostgreSQL takes: without NUL, which a caller's name may hold, and not so long that no index can."""
    if value is None:
        return None
    return value.replace("\0", "\ufffd")[:_LONGEST] if len(value) > _LONGEST or "\0" in value else value


def key(value: str) -> str:
    """An id as a column holds it: never cut."""
    return value.replace("\0", "\ufffd") if "\0" in value else value


_ARRAY_HEAD = struct.Struct("!iiiii")
_TEXT_OID = 25


def texts(values: Iterable[str]) -> bytes:
    """The wire form of a text[] (PostgreSQL `array_send`)."""
    items = [key(value).encode() for value in values]
    if not items:
        return struct.pack("!iii", 0, 0, _TEXT_OID)
    head = _ARRAY_HEAD.pack(1, 0, _TEXT_OID, len(items), 1)
    return head + b"".join(len(item).to_bytes(4) + item for item in items)


class Table(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A table whose key is (call_id, n), or call_id alone. Compared by identity: each exists once, below."""

    name: str
    columns: tuple[tuple[str, str], ...]
    numbered: bool = True

    def names(self) -> list[str]:
        keys = ["call_id", "n"] if self.numbered else ["call_id"]
        return keys + [name for name, _ in self.columns]

    def types(self) -> list[str]:
        keys = [TEXT, INT] if self.numbered else [TEXT]
        return keys + [kind for _, kind in self.columns]


CALL = Table(
    name="call",
    numbered=False,
    columns=(
        ("tenant", TEXT),
        ("direction", TEXT),
        ("from_party", TEXT),
        ("from_number", TEXT),
        ("from_name", TEXT),
        ("from_user", TEXT),
        ("dialled", TEXT),
        ("state", TEXT),
        ("answered", BOOL),
        ("outcome", TEXT),
        ("answered_by", TEXT),
        ("last_party", TEXT),
        ("queue", TEXT),
        ("agent", TEXT),
        ("started_at", INSTANT),
        ("answered_at", INSTANT),
        ("ended_at", INSTANT),
        ("duration_seconds", FLOAT),
        ("ring_seconds", FLOAT),
        ("waited_seconds", FLOAT),
        ("talk_seconds", FLOAT),
        ("held_seconds", FLOAT),
        ("offered", INT),
        ("transfers", INT),
        ("transferred", BOOL),
        ("forwarded", BOOL),
        ("picked_up", BOOL),
        ("parked", BOOL),
        ("conference", TEXT),
        ("hangup_by", TEXT),
        ("hangup_cause", TEXT),
        ("hangup_sip_status", INT),
        ("quality", TEXT),
        ("version", BIG),
        ("first_position", BIG),
        ("last_position", BIG),
        ("live", BOOL),
        ("document", RAW),
        ("as_of_position", BIG),
    ),
)
SEARCH = Table(
    name="search",
    columns=(("kind", TEXT), ("value", TEXT), ("tenant", TEXT), ("started_at", INSTANT), ("moved", BOOL)),
)
PARTY = Table(
    name="party",
    columns=(("party", TEXT), ("user", TEXT), ("role", TEXT), ("talk_seconds", FLOAT), ("held_seconds", FLOAT)),
)
SEGMENT = Table(
    name="segment",
    columns=(
        ("kind", TEXT),
        ("parties", RAW),
        ("started_at", INSTANT),
        ("ended_at", INSTANT),
        ("seconds", FLOAT),
        ("queue", TEXT),
        ("quality", TEXT),
        ("detail", RAW),
    ),
)
OFFER = Table(
    name="offer",
    columns=(
        ("to_party", TEXT),
        ("started_at", INSTANT),
        ("ended_at", INSTANT),
        ("seconds", FLOAT),
        ("outcome", TEXT),
        ("queue", TEXT),
    ),
)
STAY = Table(
    name="stay",
    columns=(
        ("queue", TEXT),
        ("tenant", TEXT),
        ("party", TEXT),
        ("entered_at", INSTANT),
        ("left_at", INSTANT),
        ("waited_seconds", FLOAT),
        ("outcome", TEXT),
        ("agent", TEXT),
        ("went_to", TEXT),
        ("offers", INT),
        ("quality", TEXT),
    ),
)
TRANSFER = Table(
    name="transfer",
    columns=(
        ("kind", TEXT),
        ("by_party", TEXT),
        ("from_party", TEXT),
        ("to_party", TEXT),
        ("at", INSTANT),
        ("result", TEXT),
    ),
)
LEG = Table(
    name="leg",
    columns=(
        ("leg_id", TEXT),
        ("party", TEXT),
        ("role", TEXT),
        ("switch", TEXT),
        ("created_at", INSTANT),
        ("answered_at", INSTANT),
        ("ended_at", INSTANT),
        ("cause", TEXT),
        ("sip_call_id", TEXT),
    ),
)
FOLD_STATE = Table(name="fold_state", numbered=False, columns=(("state", RAW), ("live", BOOL)))
FOLD_PART = Table(name="fold_part", columns=(("part", RAW),))
"""which is added to, and never compared with what stands there"""

TABLES = (CALL, SEARCH, PARTY, SEGMENT, OFFER, STAY, TRANSFER, LEG, FOLD_STATE)
