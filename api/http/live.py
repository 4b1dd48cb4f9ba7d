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

from api.board import board
from api.http.feed import END, Feed
from api.http.pulse import EVERY, Pulse
from api.http.sse import event
from api.principal import Principal, principal
from projections.callflow.document import instant_text

PATIENCE = 1.0
"""Seconds that an answer waits for a picture that is followed; then it is what was known, and says so (`current`)."""
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def json_list(documents: list[bytes]) -> bytes:
    return b"[" + b",".join(documents) + b"]"


async def live(request: Request) -> Response:
    if "at" in request.query_params:
        return await run_in_threadpool(_then, request, principal(request, "read"))
    feed: Feed = request.app.state.feed
    if not feed.ready.is_set():  # just started, or the database is away: it may be there in a moment
        await run_in_threadpool(feed.ready.wait, PATIENCE)
    position, documents = feed.snapshot()
    body = b'{"position":%d,"current":%b,"calls":%b}' % (
        position,
        b"true" if feed.ready.is_set() else b"false",
        json_list(documents),
    )
    return Response(body, media_type="application/json")


def _then(request: Request, who: Principal) -> Response:
    """The board as it was."""
    at = request.query_params["at"]
    with request.app.state.pool.connection() as connection:
        found = board(connection, at, who.tenant)
    instant = b"null" if found.instant is None else msgspec.json.encode(instant_text(found.instant))
    body = b'{"position":%d,"at":%b,"current":false,"calls":%b}' % (
        found.position,
        instant,
        json_list(found.documents),
    )
    return Response(body, media_type="application/json")


async def stream(request: Request) -> Response:
    feed: Feed = request.app.state.feed
    pulse: Pulse = request.app.state.pulse
    return StreamingResponse(_messages(feed, pulse), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _messages(feed: Feed, pulse: Pulse) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    subscriber, position, documents = feed.subscribe()
    try:
        yield _snapshot(position, documents, pulse)
        beaten = loop.time()
        while True:
            try:
                change = await asyncio.wait_for(subscriber.queue.get(), beaten + EVERY - loop.time())
            except TimeoutError:
                yield event("health", pulse.data)
                beaten = loop.time()
                continue
            if change is END:
                return
            if change is None:
                feed.unsubscribe(subscriber)
                subscriber, position, documents = feed.subscribe()
                yield _snapshot(position, documents, pulse)
            else:
                yield event(change.kind, change.data, change.position)
    finally:
        feed.unsubscribe(subscriber)


def _snapshot(position: int, documents: list[bytes], pulse: Pulse) -> bytes:
    body = b'{"position":%d,"health":%b,"calls":%b}' % (position, pulse.data, json_list(documents))
    return event("snapshot", body, position)
