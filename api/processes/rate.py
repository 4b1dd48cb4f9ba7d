"""How fast a count grows now: over the last seconds, not since the start."""

import time
from collections import deque

WINDOW = 10.0
"""seconds over which the rate is taken; with less behind it, over what there is"""


class Rate:
    """Call it with the count now and then; it returns how much a second was added lately."""

    def __init__(self, window: float = WINDOW) -> None:
        self._window = window
        self._seen: deque[tuple[float, float]] = deque()

    def __call__(self, count: float, now: float | None = None) -> float:
        at = time.monotonic() if now is None else now
        while len(self._seen) > 1 and self._seen[1][0] <= at - self._window:
            self._seen.popleft()
        self._seen.append((at, count))
        first_at, first = self._seen[0]
        return round(max(0.0, count - first) / (at - first_at), 1) if at > first_at else 0.0
