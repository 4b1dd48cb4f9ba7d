"""The spools of this machine, by their files: what waits for the database is known while it is away, too."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec


class Spool(msgspec.Struct, frozen=True):
    """One spool: the part that has it, and its files."""

    name: str
    bytes: int
    files: int


def spools(data: Path) -> list[Spool]:
    """Return those of a data directory, by name. A file that goes away meanwhile was drained."""
    found = []
    for directory in sorted(one for one in data.glob("spool/*") if one.is_dir()):
        sizes = []
        for file in directory.glob("*.spool"):
            with suppress(OSError):
                sizes.append(file.stat().st_size)
        found.append(Spool(directory.name, sum(sizes), len(sizes)))
    return found
