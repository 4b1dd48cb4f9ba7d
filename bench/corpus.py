"""The events that benchmarks use: those of the recorded calls, as the switch sent them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from uuid import UUID

from core.capture import read_capture
from core.headers import is_event

CAPTURES = Path(__file__).resolve().parent.parent / "tests" / "captures"


def path(scenario: str) -> Path:
    """Where a scenario's events are."""
    return CAPTURES / scenario / "events.etf.gz"


def scenarios() -> list[str]:
    """The names of the recorded scenarios, the load test excepted (it repeats one call 1,200 times)."""
    names = sorted(file.parent.name for file in CAPTURES.glob("*/events.etf.gz"))
    return [name for name in names if not name.startswith("54")]


@cache
def terms(scenario: str) -> tuple[bytes, ...]:
    """The event messages of one scenario, replies left out, in order of arrival."""
    return tuple(record.term for record in read_capture(path(scenario)) if is_event(record.term))


@cache
def everything() -> tuple[bytes, ...]:
    """The event messages of all scenarios: some 8,500, string encoding but for the three scenarios called binary."""
    return tuple(term for scenario in scenarios() for term in terms(scenario))


_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def fresh(count: int, seed: int) -> list[bytes]:
    """``count`` events that no log has: the recorded ones, each play with new legs and a new life of the switch."""
    return list(islice(_anew(Random(seed)), count))


def _anew(chance: Random) -> Iterator[bytes]:
    while True:
        for scenario in scenarios():
            other: dict[bytes, bytes] = {}

            def renamed(match: re.Match[bytes], other: dict[bytes, bytes] = other) -> bytes:
                return other.get(match[0]) or other.setdefault(
                    match[0], str(UUID(int=chance.getrandbits(128))).encode()
                )

            for term in terms(scenario):
                yield _UUID.sub(renamed, term)
