"""Log lines that strangers can cause, at a bounded rate: however many there are, they cannot fill the log.

What is left out is counted, and the next line that is written says how many there were.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

LINES: Final = 10
SECONDS: Final = 60.0


class BoundedLog:
    """Writes at most ``lines`` warnings in ``seconds``. One for each kind of line, so that none hides another."""

    def __init__(
        self,
        log: logging.Logger,
        lines: int = LINES,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._lines, self._seconds, self._clock = log, lines, seconds, clock
        self._began = clock()
        self._written = self._left_out = 0

    def warning(self, message: str, *values: object) -> None:
        """Write a line, or count it."""
        now = self._clock()
        if now - self._began >= self._seconds:
            self._began, self._written = now, 0
        if self._written >= self._lines:
            self._left_out += 1
            return
        self._written += 1
        if self._left_out:
            message += " (%d more of the kind were not written)"
            values += (self._left_out,)
            self._left_out = 0
        self._log.warning(message, *values)
