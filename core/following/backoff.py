"""How long to wait before the next try. Pure: the caller waits, and brings the randomness."""

from __future__ import annotations


class Backoff:
    """Doubling waits from `first` to `longest` seconds, each cut by up to a half so that many callers do not meet."""

    def __init__(self, first: float = 0.25, longest: float = 15.0) -> None:
        self._first = first
        self._longest = longest
        self._tries = 0

    def next(self, chance: float) -> float:
        """The next wait in seconds; `chance` is a random number in [0, 1)."""
        wait: float = min(self._first * 2**self._tries, self._longest)
        self._tries = min(self._tries + 1, 30)
        return wait * (1 - chance / 2)

    def reset(self) -> None:
        """It worked: start over from the shortest wait."""
        self._tries = 0
