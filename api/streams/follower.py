"""The thread that follows a log for a hub, until told to stop; a database that goes away is waited for."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager

from api.streams.pieces import Entry
from api.streams.source import Source
from core.following import Follower, Session


class SourceFollower(Follower):
    """Calls `begun` with the position that it follows from, once, then `found` with each page; both in this thread."""

    def __init__(
        self,
        source: Source,
        begun: Callable[["SourceFollower", int], None],
        found: Callable[["SourceFollower", list[Entry]], None],
    ) -> None:
        super().__init__(f"streams {source.log}")
        self._source = source
        self._begun = begun
        self._found = found
        self._after: int | None = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Read on behind what was handed out last."""
        if self._after is None:
            self._after = self._source.head()
            self._begun(self, self._after)
        with closing(self._source.follow(self._after, self.stopping)) as pages:
            yield Session(lambda: self._step(pages), lambda: None)

    def _step(self, pages: Generator[list[Entry]]) -> bool:
        """Hand on the next page; the source waits for it."""
        page = next(pages, None)
        if page and not self.stopping.is_set():
            self._after = page[-1].position
            if sound := [entry for entry in page if self._can_be_sent(entry)]:
                self._found(self, sound)
        return True

    def _can_be_sent(self, entry: Entry) -> bool:
        """Whether an event can be written; one that cannot keeps no others from their readers."""
        try:
            self._source.prepare(entry)
        except Exception as error:
            self.put_aside(f"The event at position {entry.position} of the log {self._source.log!r}", error)
            return False
        return True
