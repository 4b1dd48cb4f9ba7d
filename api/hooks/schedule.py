"""When a delivery is tried again: the published schedule of Standard Webhooks. Pure."""

from collections.abc import Callable

import msgspec

MINUTE, HOUR = 60, 3600
WAITS = (5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds between attempts; the first attempt is made at once, so there are ten."""
JITTER = 0.1
"""Each wait is longer by up to this share, so that those that failed together do not come again together."""
LONGEST_ASKED = 24 * HOUR
"""A receiver may ask for patience (Retry-After), up to a day."""


class Schedule(msgspec.Struct, frozen=True):
    """The waits between attempts, in seconds."""

    waits: tuple[float, ...] = WAITS

    def wait(self, attempts: int, chance: Callable[[], float], asked: float | None = None) -> float | None:
        """Seconds until the next attempt after so many that failed; None: that was the last.

        `chance` gives a number from 0 to 1; `asked` is what the receiver asked for.
        """
        if attempts > len(self.waits):
            return None
        wait = self.waits[attempts - 1] * (1 + JITTER * chance())
        return wait if asked is None else max(wait, min(asked, LONGEST_ASKED))
