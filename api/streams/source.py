"""A log as subscriptions see it: where it begins and ends, what lies behind a position, and what comes.

Everything here blocks: `follow` has a thread of its own, the rest is called in a few threads shared by all readers.
"""

import threading
from collections.abc import Generator, Hashable
from typing import Any, Protocol

import msgspec

from api.errors import ApiError
from api.streams.pieces import Entry

PAGE = 200
"""events that are read or sent in one go, so that nobody holds up the others for long"""
POLL = 0.25
"""seconds after which a follower looks without a notification"""


class Gone(ApiError):
    """A cursor leads to where the log does not reach any more."""

    code = "cursor.gone"
    status = 410

    def __init__(self, oldest: str) -> None:
        super().__init__("The events behind this cursor are not kept any more: begin with the cursor in `oldest`.")
        self.oldest = oldest

    @property
    def more(self) -> dict[str, str]:
        """What the problem document says besides."""
        return {"oldest": self.oldest}


class Page(msgspec.Struct, frozen=True):
    """Events of a log in order; all that there is up to `reached` has been seen."""

    entries: list[Entry]
    reached: int


class Source(Protocol):
    """One log of one database."""

    @property
    def log(self) -> str: ...

    def cursor(self, position: int) -> str:
        """The cursor behind a position."""
        ...

    def position(self, cursor: str) -> int:
        """The position of a cursor; raises `BadCursor`."""
        ...

    def head(self) -> int:
        """The last position."""
        ...

    def floor(self) -> int:
        """The lowest position from which all events can still be read."""
        ...

    def position_at(self, instant: int) -> int:
        """The position before the first event that was stored at or after an instant (µs)."""
        ...

    def resolved(self, wanted: Any) -> Any:
        """The filter with what only the database knows filled in."""
        ...

    def read(self, after: int, wanted: Any, upto: int, limit: int = PAGE) -> Page:
        """Events that match, behind one position and not behind another; raises `Gone`."""
        ...

    def follow(self, after: int, stop: threading.Event) -> Generator[list[Entry]]:
        """All events behind a position, as they come, until `stop` is set; an empty page now and then."""
        ...

    def prepare(self, entry: Entry) -> None:
        """Make of an event what is better made before it comes to the event loop; what this raises keeps it away."""
        ...

    def matches(self, wanted: Any, event: Any) -> bool:
        """Whether the filter lets an event through."""
        ...

    def keys_of(self, event: Any) -> list[Hashable]:
        """Under what channels that may want the event are found."""
        ...

    def index_under(self, wanted: Any) -> list[Hashable]:
        """The keys of the filter's narrowest condition; none when it has none that can be looked up."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
