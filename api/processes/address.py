"""The socket that HTTP listens on, and the sentence when it cannot be had."""

import os
import socket

from api.errors import Unavailable


def listening(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OSError as problem:
        raise Unavailable(
            f"The address {host}:{port} cannot be used ({os.strerror(problem.errno or 0)}): "
            "stop what uses it, or set another with HARMONY_HTTP_PORT."
        ) from problem
    # Connections inherit it (Linux, BSD). asyncio sets it on none that a listener of `create_server` accepted, and an
    # answer in two pieces would then wait for the 40 ms after which the client acknowledges the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
