"""What waits in the spools of this machine, told from their files alone: for when the database is away."""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from api.health.spools import spools
from api.operations.status_text import size
from core.log.spool import Lost

NO_ROOM = 1 << 20
"""bytes of free disk below which hardly a batch can be written"""


def sentences(data: Path) -> Iterator[str]:
    """Say what the bridges of a data directory keep on disk, and whether they can go on doing so."""
    place = data / "spool"
    if waiting := sum(spool.bytes for spool in spools(data)):
        yield f"{size(waiting)} of events wait in {place} on this machine{_since(place)}, and follow when it is back."
    else:
        yield "No spool file is on this machine."
    if damaged := list(place.glob("*/*.damaged")):
        yield f"{len(damaged)} damaged files of a spool were set aside in {place}: keep them."
    for lost in filter(None, map(_lost, sorted(place.glob("*/lost")))):
        yield f"{lost.events:,} events had no room when a bridge ended, and are lost; the log tells it when it is back."
    if place.exists() and (free := shutil.disk_usage(place).free) < NO_ROOM:
        yield (
            f"The disk of {place} is full ({size(free)} are free): make room there; until then nothing more is read "
            "from the switches, whose own queues fill."
        )


def _since(place: Path) -> str:
    """When the oldest file was last written to; a file that goes away meanwhile was drained."""
    written = []
    for file in place.glob("*/*.spool"):
        with contextlib.suppress(OSError):
            written.append(file.stat().st_mtime)
    if not written:
        return ""
    return f", written since {datetime.fromtimestamp(min(written), UTC):%Y-%m-%d %H:%M:%S} UTC or before"


def _lost(note: Path) -> Lost | None:
    try:
        found = msgspec.json.decode(note.read_bytes().rstrip(b" \n"), type=Lost)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.events else None
