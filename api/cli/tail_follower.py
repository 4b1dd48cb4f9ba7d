"""What `harmony events tail` goes on with: a database that goes away is waited for, and said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.cli.command_follower import CommandFollower
from core.following import Session
from core.log.hearing import connected, heard


class TailFollower(CommandFollower):
    """Shows what is new behind a position, again and again."""

    def __init__(self, dsn: str, channel: str, show: Callable[[int], int], after: int, upto: int | None) -> None:
        """``show`` shows what is behind a position and returns how far it got."""
        super().__init__("events tail")
        self._dsn, self._channel, self._show, self._after, self._upto = dsn, channel, show, after, upto

    @contextmanager
    def opened(self) -> Iterator[Session]:
        with connected(self._dsn, "harmony tail", self._channel) as hints:
            yield Session(self._step, lambda: heard(hints))

    def _step(self) -> bool:
        self._after = self._show(self._after)
        if self._upto is not None and self._after >= self._upto:
            self.finish()
        return False
