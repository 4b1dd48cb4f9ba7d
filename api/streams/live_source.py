"""The board of live calls as subscriptions see it: who knows nothing reads all of it, and then what changes.

Its positions are its own: changes counted since the process began, for one position of the switch log may change
several calls. Nobody goes on from where another connection ended; whoever comes, or falls behind, gets the board as it
is.
"""

import threading
import time
from collections.abc import Callable, Generator, Hashable

from api.people.roster import Look, Roster, Told
from api.streams.board import Board, Change, Viewer
from api.streams.pieces import Entry
from api.streams.source import PAGE, Page
from api.streams.sse import message
from core.errors import LogAway
from core.log.driver import translated
from core.registry.snapshot import EMPTY, Registry
from projections.people.doing import Doing, doings
from projections.query import Delta, Mark, follow

CLOCK = 5.0
"""seconds after which people are looked at for what time alone changes: a registration that nobody renewed"""


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

    def __init__(self, dsn: str, registry: Callable[[], Registry] = lambda: EMPTY) -> None:
        self._dsn = dsn
        self._board = Board()
        self._roster = Roster(lambda: time.time_ns() // 1000)
        self._registry = registry
        self._clock = 0.0
        self._count = 0
        self._mark: Mark | None = None
        self._lock = threading.Lock()
        self.ready = threading.Event()
        """set while the board is one that was read from the database and is being followed"""

    def board(self, viewer: Viewer) -> tuple[int, list[bytes]]:
        """The position in the switch log and the documents of the live calls that a viewer sees, oldest first."""
        with self._lock:
            return self._board.position, self._board.documents(viewer)

    def people(self, look: Look) -> tuple[int, list[bytes]]:
        """The position in the switch log and the documents of the people that somebody sees."""
        with self._lock:
            return self._board.position, self._roster.documents(look)

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
            people = None if wanted.people is None else self._roster.documents(wanted.people)
        entries: list[Entry] = [LiveEntry(count, Change("snapshot", position, json_list(documents)))]
        if people is not None:
            entries.append(LiveEntry(count, Change("people", position, json_list(people))))
        return Page(entries, count)

    def follow(self, after: int, stop: threading.Event) -> Generator[list[Entry]]:
        try:
            with translated():
                for delta in follow(self._dsn, stop, self._mark, people=True):
                    with self._lock:
                        changes = self._board.take(delta) if delta.reset or delta.calls or delta.merged else []
                        changes += self._of_people(delta)
                        first = self._count + 1
                        self._count += len(changes)
                    self._mark = delta.mark
                    self.ready.set()
                    yield [LiveEntry(first + number, change) for number, change in enumerate(changes)]
            if not stop.is_set():
                raise LogAway("Live calls are not followed any more: it is begun again.")
        finally:
            self.ready.clear()

    def _of_people(self, delta: Delta) -> list[Change]:
        """What is other of people now; nothing is told one by one to those who are to look anew."""
        roster, told = self._roster, list[Told]()
        told += roster.registry(self._registry())
        told += roster.phones(delta.phones, delta.reset)
        calls: list[tuple[str, dict[str, Doing]]] = [(alias, {}) for alias, _ in delta.merged]
        calls += [(call.call_id, doings(call.document) if call.live else {}) for call in delta.calls]
        told += roster.calls(calls, delta.reset)
        if (now := time.monotonic()) - self._clock > CLOCK:
            self._clock = now
            told += roster.look_at_the_clock()
        return [] if delta.reset else [_person(delta.mark.position, one) for one in told]

    def prepare(self, entry: Entry) -> None:
        pass

    def matches(self, wanted: Viewer, event: Change) -> bool:
        return event.concerns(wanted)

    def keys_of(self, event: Change) -> list[Hashable]:
        if event.kind == "again":
            return ["again"]
        if event.told is not None:
            return [("tenant", event.told.tenant)]
        return [("tenant", known.tenant) for known in (event.was, event.now) if known is not None]

    def index_under(self, wanted: Viewer) -> list[Hashable]:
        return [] if wanted.tenant is None else ["again", ("tenant", wanted.tenant)]

    def close(self) -> None:
        pass


def _person(position: int, told: Told) -> Change:
    return Change("person_gone" if told.gone else "person", position, told.data, told=told)


def json_list(documents: list[bytes]) -> bytes:
    return b"[" + b",".join(documents) + b"]"
