"""`harmony serve`: the application on a socket, until told to stop."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import uvicorn

from api.address import listening
from api.http.app import application
from api.http.feed import Feed
from api.service_status import Reporter
from api.site import Site

LOG = logging.getLogger("harmony.http")
KEEP_ALIVE = 75
GRACE = 3
"""Seconds that open streams get at the end."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The command line owns the signals."""
        yield


def serve(here: Site, stop: threading.Event) -> int:
    host, port = here.settings.http_host, here.settings.http_port
    app = application(here)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    socket = listening(host, port)
    LOG.info("listening on http://%s:%d/", *socket.getsockname()[:2])
    reporter = Reporter(here.dsn, f"http {host}:{port}", "http", lambda: {"subscribers": app.state.feed.subscribers})
    reporter.start()
    try:
        asyncio.run(_serve(_Server(config), socket, app.state.feed, stop))
    finally:
        reporter.stop()
    return 0


async def _serve(server: _Server, socket: socket.socket, feed: Feed, stop: threading.Event) -> None:
    serving = asyncio.create_task(server.serve([socket]))
    # A signal handler can only set the plain event: nothing else wakes this loop.
    while not stop.is_set() and not serving.done():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    feed.stop()  # streams end by themselves, so that nobody waits for them
    server.should_exit = True
    await serving
