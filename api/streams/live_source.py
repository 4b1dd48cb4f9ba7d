"""The board of live calls as subscriptions see it: who knows nothing reads all of it, and then what changes.

Its positions are its own: changes counted since the process began, for one position of the switch log may change
several calls. Nobody goes on from where another connection ended; whoever comes, or falls behind, gets the board as it
is.
"""

import threading
from collections.abc import Generator, Hashable

from api.streams.board import Board, Change, Viewer
from api.streams.pieces import Entry
from api.streams.source import PAGE, Page
from api.streams.sse import message
from core.errors import LogAway
from core.log.driver import translated
from projections.query import Mark, follow


class LiveEntry(Entry):
    """A change of the board: a message with a name, whose id is the position in the switch log that it is true at."""

    __slots__ = ()

    def __init__(self, position: int, change: Change) -> None:
        super().__init__(position, str(change.position), change, lambda change, _: bytes(change.data))

    @property
    def sse(self) -> bytes:
        if self._sse is None:
            self._sse = message(self.json, self.event.position, self.event.kind)
        return self._sse


class LiveSource:
    """Follows the tables of calls from its first reader on, or from `Hub.begin`."""

    log = "live"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._board = Board()
        self._count = 0
        self._mark: Mark | None = None
        self._lock = threading.Lock()
        self.ready = threading.Event()
        """set while the board is one that was read from the database and is being followed"""

    def board(self, viewer: Viewer) -> tuple[int, list[bytes]]:
        """The position in the switch log and the documents of the live calls that a viewer sees, oldest first."""
        with self._lock:
            return self._board.position, self._board.documents(viewer)

    def cursor(self, position: int) -> str:
        return str(position)

    def position(self, cursor: str) -> int:
        return int(cursor)

    def head(self) -> int:
        return self._count

    def floor(self) -> int:
        return 0

    def position_at(self, instant: int) -> int:
        return 0

    def resolved(self, wanted: Viewer) -> Viewer:
        return wanted

    def read(self, after: int, wanted: Viewer, upto: int, limit: int = PAGE) -> Page:
        """The whole board, whatever it is that one knows."""
        with self._lock:
            count, position, documents = self._count, self._board.position, self._board.documents(wanted)
        return Page([LiveEntry(count, Change("snapshot", position, json_list(documents)))], count)

    def follow(self, after: int, stop: threading.Event) -> Generator[list[Entry]]:
        try:
            with translated():
                for delta in follow(self._dsn, stop, self._mark):
                    with self._lock:
                        changes = self._board.take(delta)
                        first = self._count + 1
                        self._count += len(changes)
                    self._mark = delta.mark
                    self.ready.set()
                    yield [LiveEntry(first + number, change) for number, change in enumerate(changes)]
            if not stop.is_set():
                raise LogAway("Live calls are not followed any more: it is begun again.")
        finally:
            self.ready.clear()

    def prepare(self, entry: Entry) -> None:
        pass

    def matches(self, wanted: Viewer, event: Change) -> bool:
        return event.concerns(wanted)

    def keys_of(self, event: Change) -> list[Hashable]:
        if event.kind == "again":
            return ["again"]
        return [("tenant", known.tenant) for known in (event.was, event.now) if known is not None]

    def index_under(self, wanted: Viewer) -> list[Hashable]:
        return [] if wanted.tenant is None else ["again", ("tenant", wanted.tenant)]

    def close(self) -> None:
        pass


def json_list(documents: list[bytes]) -> bytes:
    return b"[" + b",".join(documents) + b"]"
