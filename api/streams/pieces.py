"""What comes out of a subscription: events as they are sent, marks between them, and the reason of its end. Pure."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from api.streams.sse import message

MarkKind = Literal["caught-up", "fell-behind", "checkpoint", "closed"]
"""caught-up: what follows is new; fell-behind: it is old again until the next caught-up; checkpoint: nothing came, but
the reader may go on from here; closed: the last message, with the reason"""


class Entry:
    """One event of a log, ready to send. Its forms are made when they are first wanted, then shared by all readers."""

    __slots__ = ("_json", "_make", "_sse", "_text", "cursor", "event", "position")

    def __init__(self, position: int, cursor: str, event: Any, make: Callable[[Any, str], bytes]) -> None:
        self.position: Final = position
        self.cursor: Final = cursor
        self.event: Final = event
        self._make = make
        self._json: bytes | None = None
        self._sse: bytes | None = None
        self._text: str | None = None

    @property
    def json(self) -> bytes:
        """The CloudEvent, on one line."""
        if self._json is None:
            self._json = self._make(self.event, self.cursor)
        return self._json

    @property
    def sse(self) -> bytes:
        """The message of a stream of server-sent events."""
        if self._sse is None:
            self._sse = message(self.json, self.cursor)
        return self._sse

    @property
    def text(self) -> str:
        """The message of a WebSocket."""
        if self._text is None:
            self._text = self.json.decode()
        return self._text


class Mark(msgspec.Struct, frozen=True):
    """Something to know about the stream itself; the cursor is where the reader stands."""

    mark: MarkKind
    cursor: str
    reason: str | None = None

    @property
    def json(self) -> bytes:
        told = {"mark": self.mark, "cursor": self.cursor} | ({"reason": self.reason} if self.reason else {})
        return msgspec.json.encode(told)

    @property
    def sse(self) -> bytes:
        return message(self.json, self.cursor, self.mark)


class Closed(Exception):
    """The subscription has ended, and why: a sentence for the client, a code for WebSockets (RFC 6455, section 7.4)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


GONE: Final = (1000, "The client went away.")
STOPPING: Final = (1001, "The server is stopping: connect again with the last cursor.")
SLOW: Final = (4008, "You read too slowly: connect again with the last cursor.")
AWAY: Final = (1013, "The log cannot be read now: connect again in a moment with the last cursor.")
DROPPED: Final = (4010, "What you would read next is not kept any more: begin anew.")
LAST_WORDS: Final = 30.0
"""seconds that the reason of the end may take to be written; then the connection ends without it"""
