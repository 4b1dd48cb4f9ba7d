"""/v1/stream: server-sent events. Events are messages without a name; marks have theirs: caught-up, fell-behind,
checkpoint, closed. Each has an id, the cursor behind it, which a client names in Last-Event-ID when it comes again.
"""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http.streams.admission import admitted, while_good
from api.streams import Closed, Mark, Reader
from api.streams.pieces import GONE, LAST_WORDS, Entry

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
AGAIN = b"retry: 1000\n"
"""Milliseconds after which a browser comes again. It begins the first message and is no message of its own: clients
such as httpx-sse hand one that has no data to their users, who cannot decode it."""


async def stream(request: Request) -> Response:
    streams, subscription = admitted(request, "now")
    return EventStream(request, await streams.subscribe("sse", subscription))


class EventStream(Response):
    """Sends what a reader gives until one of the two goes away."""

    def __init__(self, request: Request, reader: Reader) -> None:
        super().__init__(media_type="text/event-stream", headers=STREAM_HEADERS | {"Connection": "close"})
        del self.headers["content-length"]
        self._request = request
        self.reader = reader

    def written(self, piece: list[Entry] | Mark) -> bytes:
        """What is sent of a piece; nothing is, where that is empty."""
        return piece.sse if isinstance(piece, Mark) else self.reader.channel.sse(piece)

    def last(self, problem: Closed) -> bytes:
        """The last message."""
        return self.reader.closed(problem).sse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
            else:
                with while_good(self._request, self.reader):
                    reason = await self._body(send)
                await self._end(send, reason)
        finally:
            self.reader.leave()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _body(self, send: Send) -> Closed:
        """Send what there is until there is a reason to end."""
        reader = self.reader
        try:
            with reader:
                await send({"type": "http.response.body", "body": AGAIN, "more_body": True})
            while True:
                piece = await reader.next()
                if not (body := self.written(piece)):
                    continue
                with reader:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                if not isinstance(piece, Mark):
                    reader.sent(len(piece))
        except Closed as problem:
            return problem

    async def _end(self, send: Send, problem: Closed) -> None:
        """Tell why; to one who did not read, once he reads again. No more than what was sent already waits for him."""
        self.reader.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await send({"type": "http.response.body", "body": self.last(problem), "more_body": True})
                await send({"type": "http.response.body"})

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.reader.close(*GONE)
