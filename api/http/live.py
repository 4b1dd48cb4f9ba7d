"""/v1/live and /v1/live/stream: the live calls, now or as they were, once or as a snapshot and what changes.

Stream messages: `snapshot` {position, calls, health}, `call` and `ended` (a call's document), `merged`
{alias, call_id}, and every two seconds `health`, which is the heartbeat too. The id of a message is the position in the
switch log that it is true at; a client that comes again gets a snapshot, whatever id it names.
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.access.principal import Principal, principal_of
from api.http.answers import Answer
from api.http.feed import END, Feed
from api.http.pulse import EVERY, Pulse
from api.http.services import Connection, services_of
from api.http.sse import event
from api.words.board import board
from projections.callflow.document import instant_text

PATIENCE = 1.0
"""Seconds that an answer waits for a picture that is followed; then it is what was known, and says so (`current`)."""
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def json_list(documents: list[bytes]) -> bytes:
    return b"[" + b",".join(documents) + b"]"


async def live(request: Request) -> Response:
    who, services = principal_of(request), services_of(request)
    if (at := request.query_params.get("at")) is not None:
        return await services.with_connection(lambda connection: _then(connection, at, who))
    feed = services.feed
    if not feed.ready.is_set():  # just started, or the database is away: it may be there in a moment
        await run_in_threadpool(feed.ready.wait, PATIENCE)
    position, documents = feed.snapshot(who.tenant, who.reach)
    body = b'{"position":%d,"current":%b,"calls":%b}' % (
        position,
        b"true" if feed.ready.is_set() else b"false",
        json_list(documents),
    )
    return Answer(body)


def _then(connection: Connection, at: str, who: Principal) -> Answer:
    """The board as it was."""
    found = board(connection, at, who.tenant, reach=who.reach)
    instant = b"null" if found.instant is None else msgspec.json.encode(instant_text(found.instant))
    body = b'{"position":%d,"at":%b,"current":false,"calls":%b}' % (
        found.position,
        instant,
        json_list(found.documents),
    )
    return Answer(body)


async def stream(request: Request) -> Response:
    return StreamingResponse(_messages(request), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _messages(request: Request) -> AsyncIterator[bytes]:
    services = services_of(request)
    feed = services.feed
    subscription = _Subscription(feed, services.pulse, principal_of(request))
    try:
        with services.opened.while_good(request, subscription.end):
            async for message in subscription.messages():
                yield message
    finally:
        feed.unsubscribe(subscription.subscriber)


class _Subscription:
    """What one reader is told."""

    def __init__(self, feed: Feed, pulse: Pulse, who: Principal) -> None:
        self._feed = feed
        self._pulse = pulse
        self._who = who
        self._ended: str | None = None
        self._begin()

    def end(self, reason: str) -> None:
        """Let it end with a word, whatever still waits."""
        self._ended = reason
        self.subscriber.queue.put_nowait(END)

    async def messages(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        yield self._snapshot()
        beaten = loop.time()
        while True:
            try:
                change = await asyncio.wait_for(self.subscriber.queue.get(), beaten + EVERY - loop.time())
            except TimeoutError:
                yield event("health", self._health)
                beaten = loop.time()
                continue
            if self._ended is not None:
                yield event("closed", msgspec.json.encode({"reason": self._ended}))
                return
            if change is END:
                return
            if change is None:
                self._feed.unsubscribe(self.subscriber)
                self._begin()
                yield self._snapshot()
            else:
                yield event(change.kind, change.data, change.position)

    @property
    def _health(self) -> bytes:
        return self._pulse.data if self._who.tenant is None else self._pulse.data_of_companies

    def _begin(self) -> None:
        self.subscriber, self._position, self._documents = self._feed.subscribe(self._who.tenant, self._who.reach)

    def _snapshot(self) -> bytes:
        body = b'{"position":%d,"health":%b,"calls":%b}' % (self._position, self._health, json_list(self._documents))
        return event("snapshot", body, self._position)
