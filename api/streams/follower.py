"""The thread that follows a log for a hub, until told to stop; a database that goes away is waited for."""

import logging
import threading
from collections.abc import Callable

from api.streams.pieces import Entry
from api.streams.source import Source
from core.errors import HarmonyError

LOG = logging.getLogger("harmony.streams")
FIRST_BACK_OFF, LONGEST_BACK_OFF = 0.1, 5.0


class Follower(threading.Thread):
    """Calls `begun` with the position that it follows from, once, then `found` with each page; both in this thread."""

    def __init__(
        self,
        source: Source,
        begun: Callable[["Follower", int], None],
        found: Callable[["Follower", list[Entry]], None],
    ) -> None:
        super().__init__(name=f"streams {source.log}", daemon=True)
        self._source = source
        self._begun = begun
        self._found = found
        self._stop_now = threading.Event()

    def run(self) -> None:
        delay = FIRST_BACK_OFF
        after: int | None = None
        while not self._stop_now.is_set():
            try:
                if after is None:
                    after = self._source.head()
                    self._begun(self, after)
                for page in self._source.follow(after, self._stop_now):
                    delay = FIRST_BACK_OFF
                    if page and not self._stop_now.is_set():
                        after = page[-1].position
                        self._found(self, page)
            except Exception as problem:
                if self._stop_now.is_set():
                    return
                # Whatever it is: readers would wait in vain, and nobody would know why.
                unforeseen = None if isinstance(problem, HarmonyError) else problem
                LOG.warning(
                    "the log %r is not followed now (%s); trying again in %.1f s",
                    *(self._source.log, problem, delay),
                    exc_info=unforeseen,
                )
                self._stop_now.wait(delay)
                delay = min(delay * 2, LONGEST_BACK_OFF)

    def stop(self) -> None:
        """Let the thread end; it may take as long as a look at the database."""
        self._stop_now.set()
