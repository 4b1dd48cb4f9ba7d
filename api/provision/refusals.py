"""What was refused to phones, or to those who pretend to be one: the first at once, then one record a minute at most.

So an attack is in the log, with how large it was and where from, and cannot fill it.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress

from core.errors import LogError
from core.following.tasks import follow
from core.operating import record_action

EVERY = 60.0
"""seconds between two records at least"""
LOOK = 0.5
NAMED = 20
"""addresses and MACs that a record names; the rest is counted"""
MOST = 2000


class Refusals:
    """Counts on the event loop; `keep` writes. ``every``: seconds between two records."""

    def __init__(self, dsn: str, every: float = EVERY) -> None:
        self._dsn, self._every = dsn, every
        self._count = 0
        self._reasons: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()
        self._macs: Counter[str] = Counter()
        self._written = -every

    def note(self, reason: str, address: str, mac: str | None) -> None:
        """One was refused."""
        self._count += 1
        self._reasons[reason] += 1
        for counter, key in ((self._addresses, address), (self._macs, mac or "")):
            if key and (key in counter or len(counter) < MOST):
                counter[key] += 1

    async def keep(self) -> None:
        """Write what is due, for ever. Cancel it to end; what is left is written then."""
        try:
            await follow("refusals", self._step, LOOK)
        finally:
            if self._count:
                await asyncio.to_thread(self._write)

    async def _step(self) -> None:
        if self._count and time.monotonic() - self._written >= self._every:
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        count, reasons, addresses, macs = self._count, self._reasons, self._addresses, self._macs
        self._count, self._reasons, self._addresses, self._macs = 0, Counter(), Counter(), Counter()
        self._written = time.monotonic()
        details = {
            "count": count,
            "reasons": dict(reasons),
            "addresses": dict(addresses.most_common(NAMED)),
            "macs": dict(macs.most_common(NAMED)),
        }
        subject = next(iter(macs)) if len(macs) == 1 else ""
        with suppress(LogError):  # the log is away: then it is not recorded
            record_action(self._dsn, "provision.refused", "nobody", subject, details=details)
