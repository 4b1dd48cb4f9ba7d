"""How much memory does the fold hold while a day of a million calls goes by?

Why: a fold that keeps what is over would be found out after weeks, at night. The log is generated: one recorded call
again and again, each with legs of its own, one begun every 86 ms of the switch's clock, as in a day of 1,000,000 calls.
Each row is the process's resident memory at a tenth of the way; the notes say how many calls were held at most. Not
part of a usual run, because a day of calls takes many minutes: `python -m bench memory`.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from bench import corpus
from bench.report import Row, Table
from core.event import SwitchEvent, identify, version_of
from projections.callflow import TOPICS, CallFold

SCENARIO = "01-answered-caller-hangs-up"
CALLS = int(os.environ.get("HARMONY_BENCH_CALLS", "1000000"))
EVERY = 86_400_000_000 // 1_000_000
"""Microseconds between two calls."""
PAGE = 1000


def measure() -> Table:
    """Fold the whole day, look at the memory ten times."""
    fold = CallFold()
    rows, page, done, most = [], [], 0, 0
    for number, call in enumerate(_day()):
        page += call
        if len(page) >= PAGE:
            page.sort(key=lambda event: event.occurred_at)
            done += _fold(fold, page)
            page = []
            most = max(most, fold.alive)
        if (number + 1) % (CALLS // 10) == 0:
            rows.append(Row(f"after {number + 1:,} calls", [_resident()], unit="MiB"))
    done += _fold(fold, page)
    notes = [
        f"{done:,} calls came to their end; at most {most:,} were in memory at once",
        f"the most the process ever held: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB",
    ]
    return Table("memory", "resident memory of the fold over a generated day", rows, rows[0].name, notes)


def _day() -> Iterator[list[SwitchEvent]]:
    """The recorded call `CALLS` times, reduced to what the fold reads."""
    recorded = []
    for term in corpus.terms(SCENARIO):
        identity = identify(term)
        if identity.topic in TOPICS:
            recorded.append((identity, term))
    legs = sorted({identity.leg for identity, _ in recorded if identity.leg})
    for number in range(CALLS):
        names = [(leg.encode(), f"{number:08x}{leg[8:]}".encode()) for leg in legs]
        call = []
        for identity, recorded_term in recorded:
            term = recorded_term
            for old, new in names:
                term = term.replace(old, new)
            sequence = identity.sequence + number * 200
            call.append(
                SwitchEvent(
                    position=sequence,
                    stream=identity.stream,
                    version=version_of(1, sequence),
                    topic=identity.topic,
                    occurred_at=identity.occurred_at + number * EVERY,
                    stored_at=0,
                    switch="freeswitch@bench",
                    term=term,
                )
            )
        yield call


def _fold(fold: CallFold, page: list[SwitchEvent]) -> int:
    readings = [fold.read(event) for event in page]
    fold.missing_legs(readings)
    for reading in readings:
        fold.apply(reading)
    return sum(1 for state in fold.take_changes().calls if not state.live)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)
