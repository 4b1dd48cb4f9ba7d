"""What `harmony listen` goes on with: a database or a server that goes away is waited for, and said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.cli.command_follower import CommandFollower
from api.listener import Away, Local, Remote
from core.errors import LogAway
from core.following import Session


class ListenFollower(CommandFollower):
    """Brings what is new where it is to go, again and again."""

    passing = (LogAway, Away)

    def __init__(self, source: Local | Remote, deliver: Callable[[bytes], None]) -> None:
        super().__init__("listen")
        self._source, self._deliver = source, deliver

    @contextmanager
    def opened(self) -> Iterator[Session]:
        with self._source.opened() as wait:
            yield Session(self._step, wait)

    def _step(self) -> bool:
        for body in self._source.new():
            self._deliver(body)
            if self.stopping.is_set():  # what was on its way has been brought there and shown
                break
        return False
