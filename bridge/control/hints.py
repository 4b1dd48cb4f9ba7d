"""Hearing that there is a new command: a thread listens to the database. A hint only; polling is the truth."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from core.commands.store import CHANNEL
from core.errors import LogError
from core.log.driver import connect, translated

_AGAIN: Final = 1.0  # seconds until the database is tried again
_LOOK: Final = 0.5  # seconds after which an end is noticed


class Hints(threading.Thread):
    """Calls ``hint`` on the loop whenever a command was asked for."""

    def __init__(self, dsn: str, loop: asyncio.AbstractEventLoop, hint: Callable[[], None]) -> None:
        super().__init__(name="command-hints", daemon=True)
        self._dsn, self._loop, self._hint = dsn, loop, hint
        self._ended = threading.Event()

    def stop(self) -> None:
        """End soon."""
        self._ended.set()

    def run(self) -> None:
        """Listen until told to end (the thread's own business)."""
        while not self._ended.is_set():
            try:
                self._listen()
            except LogError:
                self._ended.wait(_AGAIN)

    def _listen(self) -> None:
        connection = connect(self._dsn, "harmony commands (hints)")
        try:
            with translated():
                connection.execute(f"LISTEN {CHANNEL}")
                self._say()  # what came before we listened
                while not self._ended.is_set():
                    for _ in connection.notifies(timeout=_LOOK, stop_after=1):
                        self._say()
        finally:
            connection.close()

    def _say(self) -> None:
        if not self._ended.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hint)
