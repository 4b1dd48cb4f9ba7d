"""What benchmarks need running: a database of its own for each, empty, with fsync as in real life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psycopg
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from core.log.prepare import Row
from core.migrate import migrate
from core.postgres import embedded


@contextmanager
def database() -> Iterator[str]:
    """The DSN of an embedded PostgreSQL with Harmony's tables, gone afterwards."""
    with TemporaryDirectory(prefix="harmony-bench-") as directory, embedded(Path(directory) / "data") as dsn:
        migrate(dsn)
        yield dsn


def settings(dsn: str) -> str:
    """What of the server's settings decides about durability and speed."""
    names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "wal_level")
    with psycopg.connect(dsn) as connection:
        return ", ".join(f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}" for name in names)  # type: ignore[index]


def library_recorder(dsn: str) -> PostgresApplicationRecorder:
    """The eventsourcing library's own recorder, with a table of its own in this database."""
    parts = psycopg.conninfo.conninfo_to_dict(dsn)
    datastore = PostgresDatastore(
        str(parts.get("dbname", "postgres")),
        str(parts["host"]),
        str(parts.get("port", "5432")),
        str(parts.get("user", "postgres")),
        str(parts.get("password", "")),
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="library_events")
    recorder.create_table()
    return recorder


def stream_id(row: Row) -> UUID:
    """The stream of a prepared row, as the library wants it."""
    return UUID(bytes=row.stream)
