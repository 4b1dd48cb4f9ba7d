"""/v1/events: a page of events behind a cursor; with `wait` the answer comes with the first event, or in the end."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.errors import Unavailable
from api.http.streams.admission import admitted, while_good
from api.streams import Asked, Closed, Mark, Streams
from api.streams.pieces import Entry


async def events(request: Request) -> Response:
    streams, asked = admitted(request, "beginning", pull=True)
    if asked.wait:
        entries, following, caught_up = await _patiently(request, streams, asked)
    else:
        page, caught_up = await streams.read(asked)
        entries, following = page.entries, streams.cursor(asked.log, page.reached)
    body = b'{"events":[%b],"next":%b,"caught_up":%b}' % (
        b",".join([entry.json for entry in entries]),
        msgspec.json.encode(following),
        b"true" if caught_up else b"false",
    )
    return Response(body, media_type="application/json")


async def _patiently(request: Request, streams: Streams, asked: Asked) -> tuple[list[Entry], str, bool]:
    """The first events that there are within the time."""
    reader = await streams.subscribe("pull", asked)
    entries: list[Entry] = []
    try:
        with while_good(request, reader):
            async with asyncio.timeout(asked.wait):
                while not entries:
                    piece = await reader.next(asked.limit)
                    entries = [] if isinstance(piece, Mark) else piece
    except TimeoutError:
        pass
    except Closed as problem:
        if not reader.position:
            raise Unavailable(problem.reason) from problem
    finally:
        reader.leave()
    reader.sent(len(entries))
    return entries, reader.cursor, len(entries) < asked.limit and not reader.behind
