"""HTTP off the wire within bounds: uvicorn's protocol on httptools, given small pieces and a clock.

httptools puts a header together piece by piece, at a cost that grows with the square of its length, and knows no limit;
uvicorn has a time limit for idle connections only. (h11 limits the size of a head, but neither times nor bodies.) What
is refused here gets a problem document and the connection ends.
"""

import asyncio
import logging
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.http.door.bounds import Bounds
from api.http.door.places import Places
from api.http.problems import Problem

LOG = logging.getLogger("harmony.http")
PIECE = 16 << 10
"""bytes that the parser gets at once"""
SOCKET_HEADER = 8190
"""bytes of a header line of a WebSocket's request, as the library behind it has it"""


class _Refused(Exception):
    """Out of a callback of the parser, which ends it."""


class BoundedProtocol(HttpToolsProtocol):
    places: Places

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._bounds: Bounds = self.places.bounds
        self._in_head, self._head, self._body = True, 0, 0
        self._ended = False
        self._problem: Problem | None = None
        self._deadline: asyncio.TimerHandle | None = None
        why = self.places.take(self.transport, self.client[0] if self.client else "")
        if why is not None:
            self._refuse(Problem(503, "http.connections", why, {"Retry-After": "5"}), linger=False)
            return
        self._expect(self._bounds.head_time)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self._unset_keepalive_if_required()
        self.places.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        if self._in_head and self._deadline is None:
            self._expect(self._bounds.head_time)
        for begin in range(0, len(data), PIECE):
            piece = data if len(data) <= PIECE else data[begin : begin + PIECE]
            in_head = self._in_head
            if in_head:
                self._head += len(piece)
            else:
                self._body += len(piece)
            super().data_received(piece)
            if self._ended or self.transport.is_closing() or self.transport.get_protocol() is not self:
                return
            if in_head and self._in_head and self._head > self._bounds.head:
                self._refuse(_head_too_long(self._bounds))
                return
            if not in_head and not self._in_head and self._body > self._bounds.body:
                self._refuse(_body_too_long(self._bounds))
                return

    # What the parser tells

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._bounds.url:
            self._stop(Problem(414, "http.414", f"The address has more than {self._bounds.url} bytes: ask for less."))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: the request is with the application already
        super().on_header(name, value)
        if len(self.headers) > self._bounds.headers:
            self._stop(Problem(431, "http.431", f"The request has more than {self._bounds.headers} headers."))

    def on_headers_complete(self) -> None:
        for name, value in self.headers:
            if name == b"content-length" and value.isdigit() and (len(value) > 15 or int(value) > self._bounds.body):
                self._stop(_body_too_long(self._bounds))
        if self.parser.should_upgrade() and self._should_upgrade():
            self._check_socket()
        if len(self.pipeline) >= self._bounds.pipelined:
            self._stop(Problem(429, "http.pipelined", "More requests than may wait came behind one another."))
        super().on_headers_complete()
        self._in_head, self._head, self._body = False, 0, 0
        self._expect(self._bounds.body_time)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head, self._body = True, 0, 0
        self._expect(None)
        if self.cycle is not None and not self.cycle.response_complete:
            self.places.works(self.transport)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline:
            self.places.waits(self.transport)

    def send_400_response(self, msg: str) -> None:
        """The parser could not go on, by itself or because we told it so."""
        if self._problem is None:
            self._problem = Problem(400, "http.400", "This is no HTTP request: its line, headers or chunks are broken.")
        self._refuse(self._problem)

    # Ends

    def _check_socket(self) -> None:
        """A WebSocket's request is read once more by a library that says nothing about what it does not like."""
        if self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1":
            self._stop(Problem(400, "http.400", "A WebSocket begins with a GET of HTTP/1.1."))
        for name, value in self.headers:
            if name in (b"content-length", b"transfer-encoding"):
                self._stop(Problem(400, "http.400", "The request of a WebSocket has no body."))
            if len(name) + len(value) > SOCKET_HEADER:
                self._stop(Problem(431, "http.431", f"A header has more than {SOCKET_HEADER} bytes."))

    def _stop(self, problem: Problem) -> None:
        self._problem = problem
        raise _Refused

    def _expect(self, seconds: float | None) -> None:
        """Something must have come to its end within this time; None: nothing is expected."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._deadline = None
        if self._ended or self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is us who do not read
            self._expect(self._bounds.head_time)
        elif self._in_head and not self._head:
            self.transport.close()
        else:
            what = "head" if self._in_head else "body"
            self._refuse(Problem(408, "http.408", f"The {what} of the request did not come in time."))

    def _refuse(self, problem: Problem, linger: bool = True) -> None:
        """Answer, where nothing else has been or will be answered before, and let go."""
        if self._ended:
            return
        self._ended = True
        self._expect(None)
        self._unset_keepalive_if_required()
        if self.places.may_say(problem.code):
            LOG.warning("%s: a client is refused: %s", self.client[0] if self.client else "?", problem.detail)
        cycle = self.cycle
        if cycle is not None:
            if self.pipeline or (not cycle.response_complete if self._in_head else cycle.response_started):
                self.transport.close()
                return
            if not self._in_head:
                cycle.disconnected = True
                cycle.message_event.set()
        self.transport.write(_written(problem))
        if not linger:
            self.transport.close()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(self._bounds.linger, self.transport.abort)


def _written(problem: Problem) -> bytes:
    lines = [STATUS_LINE[problem.status_code]]
    lines += [name + b": " + value + b"\r\n" for name, value in problem.raw_headers]
    return b"".join([*lines, b"connection: close\r\n\r\n", bytes(problem.body)])


def _head_too_long(bounds: Bounds) -> Problem:
    return Problem(431, "http.431", f"The head of the request has more than {bounds.head} bytes.")


def _body_too_long(bounds: Bounds) -> Problem:
    return Problem(413, "http.413", f"The body has more than {bounds.body} bytes, which nothing here needs.")


def http_protocol(places: Places) -> type[BoundedProtocol]:
    """The protocol of a server's connections."""
    known: dict[str, Any] = {"places": places}
    return type("HttpProtocol", (BoundedProtocol,), known)
