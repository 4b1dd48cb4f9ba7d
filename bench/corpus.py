"""The events that benchmarks use: those of the recorded calls, as the switch sent them."""

from __future__ import annotations

import gzip
import struct
from functools import cache
from pathlib import Path

CAPTURES = Path("tests/captures")


def scenarios() -> list[str]:
    """The names of the recorded scenarios, the load test excepted (it repeats one call 1,200 times)."""
    return sorted(
        path.parent.name for path in CAPTURES.glob("*/events.etf.gz") if not path.parent.name.startswith("54")
    )


@cache
def terms(scenario: str) -> tuple[bytes, ...]:
    """The event messages of one scenario, replies left out, in order of arrival."""
    data = gzip.decompress((CAPTURES / scenario / "events.etf.gz").read_bytes())
    found, offset = [], 0
    while offset < len(data):
        (length,) = struct.unpack_from(">I", data, offset + 8)
        term = data[offset + 12 : offset + 12 + length]
        offset += 12 + length
        if b"Event-Sequence" in term:
            found.append(term)
    return tuple(found)


@cache
def everything() -> tuple[bytes, ...]:
    """The event messages of all scenarios: some 8,500, string encoding but for the three scenarios called binary."""
    return tuple(term for scenario in scenarios() for term in terms(scenario))
