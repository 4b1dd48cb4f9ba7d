"""A session's connection to the database, which may hear notifications; the driver's errors are ours in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from core.log.driver import connect, translated

Connection = psycopg.Connection[tuple[object, ...]]
_AT_MOST = 0.5
"""seconds of one wait: so long an end may take to be noticed"""


@contextmanager
def connected(dsn: str, name: str, channel: str | None = None) -> Iterator[Connection]:
    """A connection in autocommit mode for as long as the context lasts, listening to ``channel``.

    ``name`` is shown in pg_stat_activity. Raises `LogError` and its kinds, also for what is done within.
    """
    with translated():
        connection = connect(dsn, name)
        try:
            if channel is not None:
                connection.execute(f"LISTEN {channel}".encode())
            yield connection
        finally:
            connection.close()


def heard(connection: Connection, seconds: float = _AT_MOST) -> bool:
    """Wait for a notification; False when none came in time. Only a hint to look: looking is the truth."""
    return any(True for _ in connection.notifies(timeout=min(seconds, _AT_MOST), stop_after=1))
