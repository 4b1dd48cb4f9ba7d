"""/v1/ws: a WebSocket on which each message is an event, or a mark: {"mark": ..., "cursor": ...}. Nothing is expected
from the client; what it sends is not looked at. With batch=true each message is a JSON array of events or of one mark.
"""

import asyncio
import contextlib

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.http.guard import subprotocol
from api.http.problems import refusal
from api.http.streams.admission import admitted, while_good
from api.streams import Closed, Mark, Reader
from api.streams.pieces import GONE, LAST_WORDS
from core.errors import HarmonyError


async def websocket(socket: WebSocket) -> None:
    try:
        streams, subscription = admitted(socket, "now")
        reader = await streams.subscribe("ws", subscription)
    except HarmonyError as problem:
        await _refuse(socket, refusal(problem, socket.scope.get("principal"), socket.url.path))
        return
    watching: asyncio.Task[None] | None = None
    try:
        await socket.accept(subprotocol(socket.scope["subprotocols"]))
        watching = asyncio.create_task(_watch(socket, reader))
        with while_good(socket, reader):
            await _send(socket, reader, subscription.batch)
    except (WebSocketDisconnect, OSError):  # it went away in the middle
        pass
    finally:
        reader.leave()
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _send(socket: WebSocket, reader: Reader, batch: bool) -> None:
    send = socket.send_text
    try:
        while True:
            piece = await reader.next()
            with reader:
                if isinstance(piece, Mark):
                    await send(f"[{piece.json.decode()}]" if batch else piece.json.decode())
                elif batch:
                    await send(reader.channel.batch(piece))
                else:
                    for entry in piece:
                        await send(entry.text)
            if not isinstance(piece, Mark):
                reader.sent(len(piece))
    except Closed as problem:
        reader.leave()
        if (problem.code, problem.reason) != GONE:
            with contextlib.suppress(TimeoutError):  # one who did not read hears it once he reads again
                async with asyncio.timeout(LAST_WORDS):
                    await socket.close(problem.code, problem.reason)


async def _watch(socket: WebSocket, reader: Reader) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    reader.close(*GONE)


async def _refuse(socket: WebSocket, answer: Response) -> None:
    """Before the handshake: an answer of HTTP, with the same problem document as elsewhere."""
    await socket.send_denial_response(answer)
