"""Puts recorded and made-up events into a log, and takes tables out to compare them."""

from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import zstandard

from api.operations.captures import incoming
from core.capture import read_capture
from core.log.eventlog import EventLog
from core.log.prepare import Incoming

CAPTURES = Path(__file__).parents[1] / "captures"
SWITCH = "freeswitch@pbx1"

TABLES = (
    "calls.call",
    "calls.search",
    "calls.party",
    "calls.segment",
    "calls.offer",
    "calls.stay",
    "calls.transfer",
    "calls.leg",
    "calls.alias",
    "calls.fold_leg",
    "calls.fold_state",
    "log.call_event",
)
# What people see of calls. The call log is left out where pages are cut otherwise: facts are told page by page, so that
# a page of one event may tell what a longer page would have seen through.
READ_MODELS = tuple(name for name in TABLES if name not in ("calls.fold_state", "log.call_event"))
# What depends on how the log was cut into pages, or on the clock.
_LEFT_OUT = {"as_of_position", "position", "parked_at", "published_at"}


@cache
def events_of(pattern: str) -> tuple[Incoming, ...]:
    """The events of the captures that a pattern names, in order, as an import stores them."""
    paths = sorted(CAPTURES.glob(f"{pattern}/events.etf.gz"))
    assert paths, f"no capture is named {pattern}"
    return tuple(one for path in paths for one, _ in incoming(read_capture(path)))


def import_captures(log: EventLog, *patterns: str) -> int:
    """Append captures one after the other; return how many events were stored."""
    return sum(log.append(events_of(pattern)) for pattern in patterns)


def made_event(name: str, sequence: int, leg: str | None = None, **headers: str) -> Incoming:
    """An event that no switch sent; a name with `::` is a subclass of CUSTOM. Underscores in keywords stand for `-`."""
    pairs = {
        "Event-Name": "CUSTOM" if "::" in name else name,
        "Core-UUID": "00000000-0000-0000-0000-00000000c0de",
        "Event-Date-Timestamp": str(1_795_000_000_000_000 + sequence),
        "Event-Sequence": str(sequence),
    }
    if "::" in name:
        pairs["Event-Subclass"] = name
    if leg is not None:
        pairs["Unique-ID"] = leg
    pairs |= {key.replace("_", "-"): value for key, value in headers.items()}
    first = b"d\0\x09undefined" if leg is None else _binary(leg)
    body = b"".join(b"h\x02" + _binary(key) + _binary(value) for key, value in pairs.items())
    term = b"\x83h\x02d\0\x05eventl" + (len(pairs) + 1).to_bytes(4) + first + body + b"j"
    return Incoming(SWITCH, term, 1_795_000_000_000_000 + sequence)


def _binary(value: str) -> bytes:
    data = value.encode()
    return b"m" + len(data).to_bytes(4) + data


def tables(dsn: str, names: tuple[str, ...] = TABLES) -> dict[str, list[Any]]:
    """All rows of the tables, sorted, as comparable values."""
    found = {}
    with psycopg.connect(dsn) as connection:
        for name in names:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {name}")
                kept = [n for n, c in enumerate(cursor.description or []) if c.name not in _LEFT_OUT]
                found[name] = sorted(repr([_plain(row[n]) for n in kept]) for row in cursor)
    return found


def start_again(connection: psycopg.Connection[Any]) -> None:
    """Empty all that the projection wrote, and put it back to the beginning."""
    connection.execute(f"TRUNCATE {', '.join(TABLES)}, log.parked_event")
    connection.execute("UPDATE log.projection SET position = 0")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes) and value[:4] == b"\x28\xb5\x2f\xfd":
        return zstandard.decompress(value)
    return value
