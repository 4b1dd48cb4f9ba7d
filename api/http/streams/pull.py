"""/v1/events: a page of events behind a cursor; with `wait` the answer comes with the first event, or in the end."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.errors import Unavailable
from api.http.streams.admission import admitted, while_good
from api.streams import Closed, Mark, Streams, Subscription
from api.streams.pieces import Entry


async def events(request: Request) -> Response:
    streams, subscription = admitted(request, "beginning", pull=True)
    if subscription.wait:
        entries, following, caught_up = await _patiently(request, streams, subscription)
    else:
        page, caught_up = await streams.read(subscription)
        entries, following = page.entries, streams.cursor(subscription.log, page.reached)
    body = b'{"events":[%b],"next":%b,"caught_up":%b}' % (
        b",".join([entry.json for entry in entries]),
        msgspec.json.encode(following),
        b"true" if caught_up else b"false",
    )
    return Response(body, media_type="application/json")


async def _patiently(request: Request, streams: Streams, subscription: Subscription) -> tuple[list[Entry], str, bool]:
    """The first events that there are within the time."""
    reader = await streams.subscribe("pull", subscription)
    entries: list[Entry] = []
    try:
        with while_good(request, reader):
            async with asyncio.timeout(subscription.wait):
                while not entries:
                    piece = await reader.next(subscription.limit)
                    entries = [] if isinstance(piece, Mark) else piece
    except TimeoutError:
        pass
    except Closed as problem:
        if not reader.position:
            raise Unavailable(problem.reason) from problem
    finally:
        reader.leave()
    reader.sent(len(entries))
    return entries, reader.cursor, len(entries) < subscription.limit and not reader.behind
