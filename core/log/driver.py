"""The one place where the database driver's errors become ours, and where its types are told to be fast ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from struct import Struct
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from core.errors import LogAway, LogError, LogNotReady, LogRefused

# PostgreSQL counts microseconds from 2000-01-01; everything of ours from 1970-01-01.
POSTGRES_EPOCH = 946_684_800_000_000
_INT8 = Struct(">q")
# A server that vanishes without a word is noticed within half a minute, not after two hours.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    "client_encoding": "utf8",
}


Connections = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
"""where a recorder gets the connection for one call: the caller's own, or one of a pool"""


class Microseconds(Loader):
    """Load a timestamptz as µs since the epoch, without a datetime in between."""

    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        """Return the µs since the epoch."""
        return int(_INT8.unpack(data)[0]) + POSTGRES_EPOCH


def connect(dsn: str, name: str = "harmony") -> psycopg.Connection[tuple[object, ...]]:
    """Open a connection in autocommit mode whose binary timestamps are µs; raise `LogAway` when it cannot."""
    with translated():
        connection = psycopg.connect(dsn, autocommit=True, application_name=name, **_PATIENCE)
    connection.adapters.register_loader("timestamptz", Microseconds)
    return connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours: one sentence, the driver's own words inside it."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise LogAway(
            f"The database has no room on its disk ({_first_line(error)}): make room there; it goes on by itself."
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise LogAway(
            f"The database of the event log is away ({_first_line(error)}): one that HARMONY_DSN names must be "
            "started, or the name corrected; the embedded one is started again by itself."
        ) from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedColumn) as error:
        raise LogNotReady(
            f"The database lacks tables of this version ({_first_line(error)}): run `harmony migrate`."
        ) from error
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise LogRefused(f"The database refused a row of the event log: {_first_line(error)}.") from error
    except psycopg.Error as error:
        raise LogError(f"The database refused what the event log asked of it: {_first_line(error)}.") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
