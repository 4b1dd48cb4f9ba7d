"""Ports of the loopback for the tests' servers: each process that runs tests has a range of its own.

A port that was free a moment ago may be somebody else's by the time a server binds it, if all take from the system's.
"""

from __future__ import annotations

import itertools
import os
import socket

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
_NEXT = itertools.count(os.getpid() % 1000)


def free_port() -> int:
    """Return a port that nobody listens on, below those that the system gives out."""
    while True:
        port = 20_000 + 3_000 * (_WORKER % 4) + next(_NEXT) % 3_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
