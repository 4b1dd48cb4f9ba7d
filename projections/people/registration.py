"""Whether a user's phone is registered, from what switches told of it: yes, no, or not known. Pure.

A switch tells when a phone registers, renews, and ends; it says nothing of those that registered before anybody
listened, and what it said while nobody did is lost. So silence means something only after the time within which every
registered phone has to renew: until then it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

LONGEST = 3600
"""Seconds that a phone may go without renewing, where nothing is known of it: what mod_sofia grants unless it is told
otherwise (`sip-force-expires` unset), and what phones usually ask for."""
GRACE = 65
"""Seconds after which mod_sofia ends what was not renewed (it adds 60, and looks every few seconds)."""
GONE = 7 * 86_400
"""Seconds after which a switch that was lost and never came again is no longer waited for."""
_MICROS = 1_000_000


class Registration(msgspec.Struct, frozen=True):
    """One phone at one switch, from when it was first told. Instants are µs since the epoch."""

    number: int
    switch: str
    user: str
    user_agent: str | None
    registered_at: int
    renewed_at: int
    expires_seconds: int
    ended_at: int | None

    @property
    def due(self) -> int:
        """When it has ended unless it was renewed."""
        return self.renewed_at + (self.expires_seconds + GRACE) * _MICROS

    def lasts(self, now: int) -> bool:
        return self.ended_at is None and now < self.due


class Break(msgspec.Struct, frozen=True):
    """The last time that one switch was not heard: joined, lost, a gap, an overflow."""

    switch: str
    kind: str
    at: int


class Standing(msgspec.Struct, frozen=True):
    """What is known of a user's phones."""

    registered: bool | None
    """None: not known"""
    since: int | None = None
    """when that began, as far as it is known"""
    phones: tuple[Registration, ...] = ()


UNKNOWN = Standing(None)


def heard_since(breaks: Iterable[Break], now: int) -> int | None:
    """Since when all switches have been heard without a break; None while one is not."""
    since: int | None = None
    for one in breaks:
        if one.kind == "switch.link_down":
            if now - one.at < GONE * _MICROS:
                return None
        else:
            since = one.at if since is None else max(since, one.at)
    return since


def standing(rows: Iterable[Registration], heard: int | None, now: int) -> Standing:
    """That of one user's phones, from their newest registrations."""
    known = tuple(rows)
    lasting = tuple(one for one in known if one.lasts(now))
    if lasting:
        return Standing(True, min(one.registered_at for one in lasting), lasting)
    longest = max((one.expires_seconds for one in known), default=0) or LONGEST
    if heard is None or now - heard < (longest + GRACE) * _MICROS:
        return UNKNOWN
    ends = [one.ended_at or one.due for one in known]
    return Standing(False, max(ends, default=None))
