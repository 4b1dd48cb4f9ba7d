"""How often something may be done by each of many: a bucket of permits for each key, refilled steadily."""

import math
import time
from collections import OrderedDict

MOST = 50_000
"""keys kept; the ones longest unused go first, and begin anew"""


class Limits:
    """`burst` permits at once, and `rate` more a second. For one thread at a time (an event loop)."""

    def __init__(self, burst: int, rate: float, most: int = MOST) -> None:
        self._burst, self._rate, self._most = burst, rate, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float | None = None) -> int:
        """Take a permit: 0, or after how many seconds there will be one."""
        at = time.monotonic() if now is None else now
        left, since = self._left.pop(key, (float(self._burst), at))
        left = min(self._burst, left + (at - since) * self._rate)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, at)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) / self._rate))

    def give(self, key: str) -> None:
        """Give a permit back."""
        if key in self._left:
            left, since = self._left[key]
            self._left[key] = (min(float(self._burst), left + 1), since)
