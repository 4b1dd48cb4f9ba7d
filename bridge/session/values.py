"""What a session remembers from one link to the next, and what it says of itself."""

from __future__ import annotations

import msgspec


class Remembered(msgspec.Struct, frozen=True):
    """What is known of a switch from before: by an earlier link, or handed in by the caller at a fresh start."""

    core_uuid: str | None = None
    last_heard: int | None = None
    """µs since the epoch: the last moment at which we know that we missed nothing"""
    legs: frozenset[str] = frozenset()
    unended: int | None = None
    """since when, µs since the epoch, the bridge before us under our name heard nothing, if it ended without a word"""


class FetchStats(msgspec.Struct, frozen=True):
    """What a switch fetched over one session's links."""

    answered: int = 0
    not_found: int = 0
    seconds: float = 0.0
    """spent on answers, all together"""
    slowest: float = 0.0


class SwitchStats(msgspec.Struct, frozen=True):
    """One moment of a session, for the metrics."""

    switch: str
    state: str
    """down, joining or up"""
    core_uuid: str | None
    events: int
    bytes: int
    """of everything that came over the links, ticks included"""
    last_heard: int | None
    """when the last event came, µs since the epoch"""
    links: int
    """how many times a link came up"""
    gaps: int
    overflows: int
    missing: int
    """events that the switch said it dropped"""
    legs: int
    pauses: int
    malformed: int
    forged: int
    """messages in its name that came over another node's link, and were dropped"""
    encoding: str | None
    faults: tuple[str, ...]
    trouble: str
    """why there is no link, empty while there is one"""
    fetches: FetchStats | None = None
    """None: the switch is left to its own files"""
    version: str | None = None
    """of its FreeSWITCH, as it says"""
    supplied: bool = False
    """the link for events is kept supplied, as switches before 1.11.1 need it (bridge/session/version.py)"""
