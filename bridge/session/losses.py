"""What proves that events were lost while the link stood: never a hole in Event-Sequence, which always has holes.

Two things do. A TRAP in which the module itself says how many it dropped. And the sessions: a core numbers them densely
(`variable_session_id`) and tells in each HEARTBEAT how many there were since startup, so a number below that of the
heartbeat before the last whose CHANNEL_CREATE never came is a begin that was lost. One heartbeat's grace, because a
session is counted a little before its CHANNEL_CREATE is on the wire.

Pure: no clock, no socket. Times are µs since the epoch.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from core.numbers import number

_LOST: Final = re.compile(r"lost (\d+) events?\b", re.ASCII)
_MOST_LOST: Final = (1 << 31) - 1  # mod_erlang_event counts in an int
_MOST_SEEN: Final = 200_000
_MOST_NAMED: Final = 20


class Gap(msgspec.Struct, frozen=True):
    """Events that are proven to be missing from an interval."""

    evidence: str
    """trap, or session-id"""
    missing: int
    """how many events (trap) or begins of legs (session-id) at least"""
    since: int
    until: int
    sessions: tuple[int, ...] = ()
    """the first few of the session ids whose begin is missing"""


def lost_in_trap(info: str) -> int | None:
    """Return how many events a TRAP's ``info`` header says were lost; None when it speaks of something else.

    A count that the module cannot have counted to proves one loss at least, and no more.
    """
    found = _LOST.search(info)
    return None if found is None else 1 if (told := number(found[1], _MOST_LOST)) is None else told


class SessionCount:
    """The density of session numbers in one life of a core, from one link-up on."""

    def __init__(self, known: int | None = None, since: int = 0) -> None:
        self._checked = known
        """every session up to this one is accounted for, or was before our time; None: not known yet"""
        self._clean = since
        self._seen: set[int] = set()
        self._heartbeat: int | None = known
        self._heartbeat_at = since

    @property
    def highest(self) -> int | None:
        """The highest session number that is known to exist."""
        return max(self._seen, default=self._heartbeat)

    def created(self, session: int) -> None:
        """A CHANNEL_CREATE with this session number came."""
        if self._checked is None or session > self._checked:
            self._seen.add(session)
        if len(self._seen) > _MOST_SEEN:
            self.forget()

    def forget(self) -> None:
        """Begin anew with the next heartbeat: the numbers do not tell for now (`sofia recover` repeats them)."""
        self._checked = self._heartbeat = None
        self._seen.clear()

    def heartbeat(self, since_startup: int, at: int) -> Gap | None:
        """A HEARTBEAT with this Session-Since-Startup came; return the gap that it proves, if any."""
        before, before_at = self._heartbeat, self._heartbeat_at
        self._heartbeat, self._heartbeat_at = since_startup, at
        if self._checked is None or before is None:
            self._checked, self._clean = since_startup, at
            self._seen = {number for number in self._seen if number > since_startup}
            return None
        if before <= self._checked:
            return None
        wanted = range(self._checked + 1, before + 1)
        missing = len(wanted) - sum(1 for number in self._seen if number <= before)
        named = tuple(number for number, _ in zip(_absent(wanted, self._seen), range(_MOST_NAMED), strict=False))
        gap = Gap("session-id", missing, self._clean, before_at, named) if missing > 0 else None
        self._checked, self._clean = before, before_at
        self._seen = {number for number in self._seen if number > before}
        return gap


def _absent(wanted: range, seen: set[int]) -> list[int]:
    return [number for number in wanted[:_MOST_SEEN] if number not in seen]
