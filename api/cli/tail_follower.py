"""What `harmony events tail` goes on with: a database that goes away is waited for, and said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.errors import LogAway
from core.following import Follower, Session
from core.log.hearing import connected, heard


class TailFollower(Follower):
    """Shows what is new behind a position, again and again."""

    def __init__(
        self,
        dsn: str,
        channel: str,
        show: Callable[[int], int],
        after: int,
        upto: int | None,
        done: Callable[[], None],
    ) -> None:
        """``show`` shows what is behind a position and returns how far it got. ``done`` is called at the end."""
        super().__init__("events tail")
        self._dsn, self._channel, self._show, self._after, self._upto = dsn, channel, show, after, upto
        self._done = done
        self.failure: Exception | None = None
        """why it ended, where that was an error: nobody reads any more, or there is no going on"""

    @contextmanager
    def session(self) -> Iterator[Session]:
        try:
            with connected(self._dsn, "harmony tail", self._channel) as hints:
                yield Session(self._step, lambda: heard(hints))
        except LogAway:
            raise
        except Exception as error:
            self.failure = error
            self.finish()
        finally:
            if self.stopping.is_set():
                self._done()

    def _step(self) -> bool:
        self._after = self._show(self._after)
        if self._upto is not None and self._after >= self._upto:
            self.finish()
        return False
