"""How a follower fares, and what it does next when it fails: pure, the caller brings errors, the time and the chance.

    well ──failed──▶ in trouble ──failed──▶ in trouble (a longer pause each time) ──well──▶ well

A trouble begins with the first failure and is over with the first step that succeeds.
"""

from __future__ import annotations

from typing import Final

import msgspec
import psycopg

from core.errors import HarmonyError
from core.following.backoff import Backoff

FIRST, LONGEST = 0.1, 5.0
"""seconds of the first and of the longest pause, unless told otherwise"""
SAID_AGAIN: Final = 600.0
"""seconds after which a trouble that goes on is said again in the same words"""
_KINDS: Final = 20
"""different sentences of one trouble that are said at once; those beyond wait"""
_LONGEST_SENTENCE: Final = 300


class Standing(msgspec.Struct, frozen=True):
    """How one follower fares. Counts are since it was started."""

    name: str
    trouble: str | None = None
    """why it cannot go on, one sentence; None while it can"""
    since: float | None = None
    """when the present trouble began, unix seconds"""
    tries: int = 0
    """that have failed since then"""
    failures: int = 0
    put_aside: int = 0
    """things that it could not digest, and left out"""


class Failed(msgspec.Struct, frozen=True):
    """What to do after a failure."""

    pause: float
    """seconds until the next try"""
    sentence: str
    say: bool
    """whether it is to be said, or was just said"""
    unforeseen: bool
    """whether its traceback is of use: no part of Harmony raises it on purpose"""


class Course:
    """One follower's ups and downs. ``now`` is unix seconds everywhere; only one thread calls `failed` and `well`."""

    def __init__(self, name: str, first: float = FIRST, longest: float = LONGEST) -> None:
        self._backoff = Backoff(first, longest)
        self._said: set[str] = set()
        self._said_at = 0.0
        self.standing = Standing(name)
        """replaced as a whole; may be read from any thread"""

    def failed(self, error: Exception, now: float, chance: float) -> Failed:
        """Note a failure. ``chance`` is a random number in [0, 1)."""
        before, says = self.standing, sentence(error)
        fresh = says not in self._said and len(self._said) < _KINDS
        say = fresh or now - self._said_at >= SAID_AGAIN
        if say:
            self._said.add(says)
            self._said_at = now
        self.standing = msgspec.structs.replace(
            before,
            trouble=says,
            since=now if before.since is None else before.since,
            tries=before.tries + 1,
            failures=before.failures + 1,
        )
        return Failed(self._backoff.next(chance), says, say, unforeseen=not foreseen(error))

    def well(self, now: float) -> float | None:
        """Note that a step succeeded; return the seconds of the trouble that ends with it, if any."""
        before = self.standing
        if before.since is None:
            return None
        self.standing = msgspec.structs.replace(before, trouble=None, since=None, tries=0)
        self._backoff.reset()
        self._said.clear()
        return max(0.0, now - before.since)

    def put_aside(self) -> None:
        """Count something that cannot be digested."""
        self.standing = msgspec.structs.replace(self.standing, put_aside=self.standing.put_aside + 1)


def sentence(error: BaseException) -> str:
    """What an error says, on one line; with its kind where that is not one of ours."""
    lines = str(error).strip().splitlines()
    says = lines[0][:_LONGEST_SENTENCE] if lines else ""
    if isinstance(error, HarmonyError) and says:
        return says
    return f"{type(error).__name__}: {says}" if says else type(error).__name__


def foreseen(error: BaseException) -> bool:
    """Whether an error is one of ours or of the database: its sentence says all."""
    return isinstance(error, (HarmonyError, psycopg.Error))
