"""How a follower fares, and what it does next when it fails: pure, the caller brings errors, the time and the chance.

    well ──failed──▶ in trouble ──failed──▶ in trouble (a longer pause each time) ──well──▶ well

A trouble begins with the first failure and is over with the first step that succeeds. A step that never comes back
raises nothing: whoever looks (`seen`) finds it in trouble when it has run for longer than any step should.
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
LONGEST_STEP: Final = 60.0
"""seconds after which a step hangs, unless told otherwise: it waits for a lock, or for an answer that never comes"""
_KINDS: Final = 20
"""different sentences of one trouble that are said at once; those beyond wait"""
_LONGEST_SENTENCE: Final = 300


HANGS: Final = "a step of it began then and is not done"


class Standing(msgspec.Struct, frozen=True):
    """How one follower fares. Counts are since it was started."""

    name: str
    trouble: str | None = None
    """why it cannot go on, one sentence; None while it can"""
    since: float | None = None
    """when the present trouble began, unix seconds"""
    tries: int = 0
    """that have failed since then; none while it is in trouble: it hangs"""
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

    def __init__(
        self, name: str, first: float = FIRST, longest: float = LONGEST, longest_step: float = LONGEST_STEP
    ) -> None:
        self._backoff = Backoff(first, longest)
        self._longest_step = longest_step
        self._at_work_since: float | None = None
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

    def works(self, now: float) -> None:
        """Note that a step begins."""
        self._at_work_since = now

    def rests(self) -> None:
        """Note that it waits, for as long as it takes."""
        self._at_work_since = None

    def seen(self, now: float) -> Standing:
        """How it fares, for one who looks from any thread: it hangs when its step has run for too long."""
        standing, since = self.standing, self._at_work_since
        if standing.trouble is not None or since is None or now - since <= self._longest_step:
            return standing
        return msgspec.structs.replace(standing, trouble=HANGS, since=since)

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
