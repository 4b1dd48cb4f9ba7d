"""Back-pressure: reading a link stops while what stands behind us is full, and goes on when it is not.

The switch's own queue of 100,000 events takes over meanwhile; past that it loses events, and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from bridge.node import Link

_EVERY: Final = 128  # events between two looks
_RELIEF: Final = 0.02  # seconds between two looks while reading is paused


class Valve:
    """Asks ``pressure`` now and then; pauses the link, and resumes it."""

    def __init__(self, pressure: Callable[[], bool] | None) -> None:
        self.pauses = 0
        self.shut = False
        self._pressure = pressure
        self._passed = 0

    def passed(self, link: Link) -> None:
        """An event of this link went by."""
        self._passed += 1
        if self._passed % _EVERY == 0 and self._pressure is not None and self._pressure():
            self.pauses += 1
            self.shut = True
            link.pause_reading()
            asyncio.get_running_loop().call_later(_RELIEF, self._relieve, link)

    def _relieve(self, link: Link) -> None:
        if self._pressure is not None and self._pressure() and not link.closed.is_set():
            asyncio.get_running_loop().call_later(_RELIEF, self._relieve, link)
        else:
            self.shut = False
            link.resume_reading()
