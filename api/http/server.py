"""`harmony serve`: the application on a socket, until told to stop."""

import asyncio
import errno
import logging
import threading

import uvicorn

from api.errors import Unavailable
from api.http.app import application
from api.service_status import Reporter
from api.site import Site

LOG = logging.getLogger("harmony.http")
KEEP_ALIVE = 75
GRACE = 3
"""Seconds that open streams get at the end."""


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The command line owns the signals."""


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
    try:
        sockets = [config.bind_socket()]
    except SystemExit:
        raise Unavailable(
            f"The address {host}:{port} cannot be used: stop what uses it, or set another with HARMONY_HTTP_PORT."
        ) from None
    reporter = Reporter(here.dsn, f"http {host}:{port}", "http", lambda: {"streams": app.state.feed.subscribers})
    reporter.start()
    try:
        asyncio.run(_serve(_Server(config), sockets, stop))
    finally:
        reporter.stop()
    return 0
