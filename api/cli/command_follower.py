"""What a command goes on with until it is interrupted: on the one follower, so that what goes away is waited for.

A command differs from a part that runs for ever in two things. Ctrl-C ends it in good order, and an error that will not
pass by itself (nobody reads its output any more, the server refuses the token) ends it, too.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from core.errors import LogAway
from core.following import Follower, Session


class CommandFollower(Follower):
    """Its `opened` is a session; what of `passing` is raised there is waited for, and said once."""

    passing: tuple[type[Exception], ...] = (LogAway,)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._failure: Exception | None = None
        self._over = threading.Event()

    def opened(self) -> AbstractContextManager[Session]:
        """A session, as of any follower."""
        raise NotImplementedError

    @contextmanager
    def session(self) -> Iterator[Session]:
        try:
            with self.opened() as session:
                yield session
        except self.passing:
            raise
        except Exception as error:
            self._failure = error
            self.finish()
        finally:
            if self.stopping.is_set():
                self._over.set()

    def follow(self) -> None:
        """Go on until interrupted, or until it finishes by itself; raise what ended it. From the main thread."""
        # Ctrl-C sets a flag instead of raising: an exception in the middle of the driver's work can get lost there.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: self._over.set())
        self.start()
        self._over.wait()
        self.stop()
        if self._failure is not None:
            raise self._failure
