"""What each running part says of itself, in the database: written every second by a thread.

In the database, since parts may run on different machines. It is a report, nobody acts on it; when the database is away
the report stops, and its age says so.
"""

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from core.following import Follower, Session, standings
from core.following.course import sentence
from core.log.hearing import Connection, connected
from core.settings import Settings

EVERY = 1.0
SILENT = 8.0
"""Seconds without a report after which a part counts as gone or stuck."""

UPSERT: LiteralString = """
INSERT INTO log.service (name, part, host, pid, started_at, updated_at, stopped, status)
VALUES (%(name)s, %(part)s, %(host)s, %(pid)s, clock_timestamp(), clock_timestamp(), %(stopped)s, %(status)s)
ON CONFLICT (name) DO UPDATE SET
    part = excluded.part, host = excluded.host,
    started_at = CASE WHEN log.service.pid = excluded.pid AND log.service.host = excluded.host
                      THEN log.service.started_at ELSE excluded.started_at END,
    pid = excluded.pid, updated_at = excluded.updated_at, stopped = excluded.stopped, status = excluded.status
"""
SELECT = """
SELECT name, part, host, pid, started_at, updated_at, stopped, status,
       extract(epoch FROM clock_timestamp() - updated_at)::float8 AS age
FROM log.service ORDER BY name
"""


class Service(msgspec.Struct, frozen=True):
    name: str
    part: str
    host: str
    pid: int
    started_at: datetime
    updated_at: datetime
    stopped: bool
    status: dict[str, Any]
    age: float
    """Seconds since the last report, by the database's clock."""

    @property
    def state(self) -> str:
        return "stopped" if self.stopped else "silent" if self.age > SILENT else "running"


def service_on(settings: Settings) -> str:
    """The name by which the server of these settings reports."""
    return f"http {settings.http_host}:{settings.http_port}"


def last_report(dsn: str, name: str) -> int | None:
    """When a part of this name last reported, µs since the epoch; None if never, or while the database is away."""
    find = "SELECT (extract(epoch FROM updated_at) * 1e6)::bigint FROM log.service WHERE name = %s"
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            row = connection.execute(find, (name,)).fetchone()
    except psycopg.Error:
        return None
    return None if row is None else int(row[0])


class Reporter(Follower):
    """Writes what `describe` returns, and how the followers of this process fare, once a second, until `stop`."""

    def __init__(self, dsn: str, name: str, part: str, describe: Callable[[], dict[str, Any]]) -> None:
        super().__init__("report", longest=EVERY)
        self._dsn = dsn
        self._row = {"name": name, "part": part, "host": socket.gethostname(), "pid": os.getpid()}
        self._describe = describe

    @contextmanager
    def session(self) -> Iterator[Session]:
        with connected(self._dsn, "harmony report") as connection:
            yield Session(lambda: self._report(connection), lambda: self.rest(EVERY))
            self._write(connection, stopped=True)

    def _report(self, connection: Connection) -> bool:
        self._write(connection, stopped=False)
        return False

    def _write(self, connection: Connection, stopped: bool) -> None:
        try:
            said = self._describe()
        except Exception as error:  # that it runs is told all the same
            said = {"trouble": f"It cannot say how it is: {sentence(error)}."}
        said["followers"] = [msgspec.to_builtins(one) for one in standings()]
        status = Jsonb(said, dumps=lambda value: json.dumps(value, default=str))
        connection.execute(UPSERT, self._row | {"stopped": stopped, "status": status})

    def stop(self, timeout: float = 5.0) -> bool:
        """Report the end."""
        return super().stop(timeout)


def service_of(row: tuple[Any, ...]) -> Service:
    return Service(*row)
