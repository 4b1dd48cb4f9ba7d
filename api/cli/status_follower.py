"""What `harmony status --watch` goes on with; a database that is away is shown, since that is what it is there for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.cli.command_follower import CommandFollower
from api.errors import OK
from core.following import Session


class StatusFollower(CommandFollower):
    """Shows how all is, again and again."""

    def __init__(self, show: Callable[[], int], every: float) -> None:
        """``show`` shows it and returns the exit code that says so; ``every``: so many seconds."""
        super().__init__("status")
        self._show, self._every = show, every
        self.code = OK
        """of the last look"""

    @contextmanager
    def opened(self) -> Iterator[Session]:
        yield Session(self._step, lambda: self.rest(self._every))

    def _step(self) -> bool:
        self.code = self._show()
        sys.stdout.flush()
        return False
