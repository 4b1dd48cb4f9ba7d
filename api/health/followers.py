"""How the followers of the parts fare, as the parts report it: who is in trouble, since when and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from api.health.problem import Problem
from api.health.services import Service
from core.following import Standing

LASTING = 5.0
"""Seconds after which a trouble is a problem: most are over with the next try."""
TOLD_OTHERWISE = frozenset({"registry", "log-committer", "projection calls"})
"""followers whose trouble has a problem of its own: registry.away, bridge.trouble, projection.stuck"""
_SESSIONS = "session with "
"""how the names of followers begin that keep a switch joined: switch.down tells of that"""


class Follows(msgspec.Struct, frozen=True):
    """One follower of one part."""

    service: str
    standing: Standing
    lasts: float
    """seconds that its trouble lasts; 0 while there is none"""

    def document(self) -> dict[str, Any]:
        """For programs."""
        return document(self.service, self.standing)

    @property
    def hangs(self) -> bool:
        """Whether nothing failed, but a step does not come back."""
        return self.standing.trouble is not None and not self.standing.tries

    @property
    def sentence(self) -> str:
        """What people are told of one that is in trouble."""
        name = self.standing.name
        if self.hangs:
            return (
                f"{self.service}: {name} hangs: a step of it began {self.lasts:.0f} s ago and is not done. "
                "If it stays so, start that part again, and report it."
            )
        tries = "1 try" if self.standing.tries == 1 else f"{self.standing.tries:,} tries"
        why = self.standing.trouble or ""
        return (
            f"{self.service}: {name} is in trouble for {self.lasts:.0f} s ({tries}) and goes on trying: "
            f"{why}{'' if why.endswith('.') else '.'}"
        )


def document(service: str, standing: Standing) -> dict[str, Any]:
    """How one follower fares, for programs."""
    since = None if standing.since is None else datetime.fromtimestamp(standing.since, UTC).isoformat()
    return {
        "service": service,
        "follower": standing.name,
        "trouble": standing.trouble,
        "since": since,
        "tries": standing.tries,
        "failures": standing.failures,
        "put_aside": standing.put_aside,
    }


def followers(services: Sequence[Service]) -> Iterator[Follows]:
    """Return those of the parts that run."""
    for service in services:
        if service.state != "running":
            continue
        for said in service.status.get("followers") or []:
            try:
                one = msgspec.convert(said, Standing)
            except msgspec.ValidationError:  # of another version of Harmony
                continue
            lasts = 0.0 if one.since is None else max(0.0, service.updated_at.timestamp() - one.since)
            yield Follows(service.name, one, lasts)


def problems(services: Sequence[Service]) -> Iterator[Problem]:
    """Return what is in trouble for long, where nothing else tells it."""
    for one in followers(services):
        name = one.standing.name
        elsewhere = (name in TOLD_OTHERWISE or name.startswith(_SESSIONS)) and not one.hangs
        if one.standing.trouble and one.lasts > LASTING and not elsewhere:
            yield Problem("follower.trouble", one.sentence)
