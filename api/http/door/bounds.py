"""The numbers of the door, and what the kernel lets this process have."""

import contextlib
import logging
import resource
from collections.abc import Sequence

import msgspec

from core.settings import Settings

LOG = logging.getLogger("harmony.http")
BACKLOG = 128
"""connections that the kernel keeps until they are accepted, and that are accepted at once"""
RESERVE = 4 * BACKLOG + 256
"""files that are not for clients: the database, the log, and what was accepted before anybody could refuse it"""
FEWEST = 16
"""connections that are served however few files there may be"""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken from one connection, and how many there may be."""

    head: int = 32 << 10
    """bytes of a request's line and headers; with the largest cookies and tokens that browsers send there is room"""
    headers: int = 100
    url: int = 8190
    """bytes of the address with its query, as the usual proxies have it"""
    body: int = 128 << 10
    """bytes of a body as it is on the wire, chunk sizes and trailers too; each route takes less"""
    head_time: float = 10.0
    """seconds from its first byte, or from the connection's beginning, until a head must be there"""
    body_time: float = 30.0
    """seconds from the head until the whole body must be there"""
    pipelined: int = 8
    """requests that may wait behind the one that is being answered"""
    handshake_time: float = 10.0
    """seconds from a WebSocket's request until it is accepted or refused"""
    fragments: int = 64
    """frames of one WebSocket message"""
    linger: float = 1.0
    """seconds for which the other end may go on sending after it was refused, so that it can read why"""
    connections: int = 4096
    """in all"""
    connections_each: int = 256
    """of one client address (of IPv6: of one /64)"""
    proxies: Sequence[str] = ()
    """whose connections are those of many clients"""


def bounds_of(settings: Settings) -> Bounds:
    """The numbers that the settings give, as far as there are files for them; says so where there are not."""
    files = raise_files()
    most = max(FEWEST, min(settings.http_connections, files - RESERVE))
    if most < settings.http_connections:
        LOG.warning(
            "%d connections are served at once instead of %d: this process may have %d open files. Raise LimitNOFILE "
            "of the service (or `ulimit -Hn`) to %d, or lower http_connections.",
            *(most, settings.http_connections, files, settings.http_connections + RESERVE),
        )
    return Bounds(
        connections=most,
        connections_each=min(settings.http_connections_each, most),
        proxies=settings.http_proxies,
    )


def raise_files() -> int:
    """Take all the open files that we may have; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # then it stays as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft
