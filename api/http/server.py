"""`harmony serve`: the application on a socket, until told to stop."""

import asyncio
import contextlib
import gc
import logging
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn

from api.health.services import Reporter
from api.http.app import application
from api.http.door import BACKLOG, Places, bounds_of, http_protocol, no_refusal, socket_protocol
from api.http.figures import figures
from api.http.services import Services
from api.processes.address import listening
from api.site import Site
from core.seldom import say_seldom

LOG = logging.getLogger("harmony.http")
KEEP_ALIVE = 75
"""Seconds that a connection may be open between two requests; longer than the usual proxies keep theirs."""
GRACE = 3
"""Seconds that open streams get at the end."""
STUCK_MS = 30_000
"""Milliseconds that bytes may lie unread at the other end before the kernel gives the connection up."""
PING = 30.0
"""Seconds between two pings of a WebSocket, and that the answer may take."""
WORDS = 65536
"""Bytes that a client of a WebSocket may send at once; none of it is looked at."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The command line owns the signals."""
        yield


def serve(here: Site, stop: threading.Event) -> int:
    host, port = here.settings.http_host, here.settings.http_port
    for others in ("uvicorn.error", "asyncio", "harmony.http.inside"):  # strangers can make them speak
        say_seldom(logging.getLogger(others))
    logging.getLogger("uvicorn.error").addFilter(no_refusal)
    bounds = bounds_of(here.settings)
    places = Places(bounds)
    app = application(here)
    services: Services = app.state.services
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        http=http_protocol(places),
        ws=socket_protocol(places),
        backlog=BACKLOG,
        forwarded_allow_ips=list(bounds.proxies),
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=WORDS,
        ws_per_message_deflate=False,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
    )
    listener = listening(host, port)
    _give_up_on_the_stuck(listener)
    LOG.info("listening on http://%s:%d/", *listener.getsockname()[:2])
    reporter = Reporter(here.dsn, services.name, "http", lambda: figures(services))
    reporter.start()
    _prefer_latency()
    try:
        asyncio.run(_serve(_Server(config), listener, services, stop))
    finally:
        reporter.stop()
    return 0


def _give_up_on_the_stuck(listener: socket.socket) -> None:
    """Connections inherit it (Linux): what was written to one who reads no more does not lie here for ever."""
    with contextlib.suppress(AttributeError, OSError):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_MS)


def _prefer_latency() -> None:
    """Settings of the interpreter for a process that hands on much, to many, and soon.

    What is here now stays, and of the thousands of tasks of subscribers hardly any is garbage: the usual thresholds
    cost a twentieth of the time with 1,000 of them, in pauses. And a thread that computes (the pulse, those that read
    what is old) gives way to the event loop after half a millisecond instead of five.
    """
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(server: _Server, listener: socket.socket, services: Services, stop: threading.Event) -> None:
    serving = asyncio.create_task(server.serve([listener]))
    # A signal handler can only set the plain event: nothing else wakes this loop.
    while not stop.is_set() and not serving.done():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    services.streams.stop()  # streams end by themselves, so that nobody waits for them
    await services.streams.stopped()  # told by us, before the server ends what is open without a word
    server.should_exit = True
    await serving
