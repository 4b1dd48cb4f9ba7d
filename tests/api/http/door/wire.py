"""A server with bounds of the test's own, and a client that sends what it likes."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn

from api.http.door import BACKLOG, Bounds, Places, http_protocol, socket_protocol
from tests.ports import free_port

PATIENCE = 30.0


class Door:
    """Where it listens, and the account of its connections."""

    def __init__(self, port: int, places: Places) -> None:
        self.port, self.places = port, places

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, request: bytes) -> bytes:
        """Send it all, or as much as is taken; what is answered until the end of the connection."""
        with self.dial() as client:
            with contextlib.suppress(OSError):
                client.sendall(request)
            return rest(client)


def rest(client: socket.socket) -> bytes:
    """All that comes until the end, however it comes."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while piece := client.recv(65536):
            got += piece
    return got


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was; a WebSocket is accepted and listened to until it ends."""
    if scope["type"] == "websocket":
        await receive()
        if scope["path"] == "/never":
            await asyncio.Event().wait()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    length, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d bytes" % length})


@contextlib.contextmanager
def door(bounds: Bounds) -> Iterator[Door]:
    """A server in a thread of its own."""
    places, port = Places(bounds), free_port()
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_config=None,
        lifespan="off",
        http=http_protocol(places),
        ws=socket_protocol(places),
        ws_max_size=65536,
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    waiting = threading.Event()
    while not server.started:
        assert thread.is_alive()
        waiting.wait(0.01)
    try:
        yield Door(port, places)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()
