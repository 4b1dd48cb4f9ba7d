"""Hearing that there is a new command: a thread listens to the database. A hint only; polling is the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.commands.store import CHANNEL
from core.following import Follower, Session
from core.log.hearing import Connection, connected, heard


class Hints(Follower):
    """Calls ``hint`` on the loop whenever a command was asked for."""

    def __init__(self, dsn: str, loop: asyncio.AbstractEventLoop, hint: Callable[[], None]) -> None:
        super().__init__("command hints")
        self._dsn, self._loop, self._hint = dsn, loop, hint

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Listen; what came before we listened is a hint, too."""
        with connected(self._dsn, "harmony commands (hints)", CHANNEL) as connection:
            self._say()
            yield Session(lambda: self._step(connection), lambda: None)

    def _step(self, connection: Connection) -> bool:
        if heard(connection):
            self._say()
        return True

    def _say(self) -> None:
        if not self.stopping.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hint)
