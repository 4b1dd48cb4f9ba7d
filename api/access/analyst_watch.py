"""The limits of analysts' sessions, kept from outside: the account itself can lift those that PostgreSQL knows.

`statement_timeout`, `work_mem` and the like are anybody's to set. So the process that folds looks once a second and
ends sessions that ask too long, keep a transaction open, take the memory of all, or fill the queue of notifications,
behind which every writer would have to wait.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import msgspec
import psycopg

from core.following import Follower, Session
from core.log.hearing import connected

LOG = logging.getLogger("harmony.analysts")
EVERY = 1.0

_SESSIONS: LiteralString = """
    SELECT a.pid, w.name, a.state = 'active' AND clock_timestamp() - a.query_start > make_interval(secs => %(asks)s),
        a.state LIKE 'idle in transaction%%' AND clock_timestamp() - a.state_change > make_interval(secs => %(idle)s),
        a.xact_start IS NOT NULL AND clock_timestamp() - a.xact_start > make_interval(secs => %(open)s),
        pg_notification_queue_usage() > %(queue)s
    FROM pg_stat_activity a JOIN auth.analyst w ON w.role = a.usename
"""


class Bounds(msgspec.Struct, frozen=True):
    """Up to where a session is left alone."""

    asks: float = 610.0
    """seconds a statement; a little more than the account's own limit, which tells the reason better"""
    idle: float = 65.0
    """seconds without a question inside a transaction"""
    open: float = 1800.0
    """seconds a transaction: vacuum waits for it"""
    memory: int = 512 << 20
    """bytes of its own; known where the database runs on this machine, as the embedded one does"""
    queue: float = 0.2
    """the share of PostgreSQL's queue of notifications that may be full; a session that listens and sleeps fills it"""


class AnalystWatch(Follower):
    """Start it in one process; `stop` ends it."""

    def __init__(self, dsn: str, embedded: bool, bounds: Bounds | None = None, every: float = EVERY) -> None:
        super().__init__("analysts' watch")
        self._dsn, self._embedded, self._every = dsn, embedded, every
        self._bounds = bounds or Bounds()
        self._powerless = False

    @contextmanager
    def session(self) -> Iterator[Session]:
        with connected(self._dsn, "harmony analysts' watch") as connection:
            yield Session(lambda: self.look(connection) < 0, lambda: self.rest(self._every))

    def look(self, connection: psycopg.Connection[Any]) -> int:
        """End the sessions that are beyond a bound; how many those were."""
        ended = 0
        for pid, name, asks, idle, open_, queue in connection.execute(
            _SESSIONS, msgspec.structs.asdict(self._bounds)
        ).fetchall():
            why = (
                f"its question took more than {self._bounds.asks:g} s"
                if asks
                else f"it kept a transaction open, idle for more than {self._bounds.idle:g} s"
                if idle
                else f"it kept a transaction open for more than {self._bounds.open:g} s"
                if open_
                else "the queue of notifications was filling up"
                if queue
                else f"it took more than {self._bounds.memory >> 20} MB of memory"
                if self._embedded and _memory(pid) > self._bounds.memory
                else None
            )
            if why is not None and self._end(connection, pid, name, why):
                ended += 1
        return ended

    def _end(self, connection: psycopg.Connection[Any], pid: int, name: str, why: str) -> bool:
        try:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
        except psycopg.errors.InsufficientPrivilege:
            if not self._powerless:
                LOG.warning(
                    "The session of the analyst %s cannot be ended (%s): let a superuser run"
                    " `GRANT pg_signal_backend TO %s`.",
                    name,
                    why,
                    connection.info.user,
                )
            self._powerless = True
            return False
        LOG.warning("The session of the analyst %s was ended: %s.", name, why)
        return True


def _memory(pid: int) -> int:
    """Bytes of memory that are a process's own (Linux, proc(5): RssAnon); 0 where that is not told."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    return 0
