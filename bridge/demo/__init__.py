"""Recorded calls that travel with the package, for a switch that is only emulated (`harmony run --demo`).

The recordings are those of tests/captures, some two dozen of them; nothing here plays them.
"""

from __future__ import annotations

from pathlib import Path


def recordings() -> list[Path]:
    """Return the capture files, in order of their names."""
    return sorted(Path(__file__).parent.glob("*.etf.gz"))
