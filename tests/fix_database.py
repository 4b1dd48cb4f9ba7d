"""A real PostgreSQL for the tests: the embedded one, once a session, in a directory of its own; a database a test.

HARMONY_TEST_POSTGRES_BIN names other programs (the directory of Debian's, say), HARMONY_TEST_DSN a server that runs.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.log import EventLog
from core.migrate import migrate
from core.postgres import Embedded


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests use."""
    programs = os.environ.get("HARMONY_TEST_POSTGRES_BIN", "those of the wheel")
    return f"PostgreSQL: {os.environ.get('HARMONY_TEST_DSN') or f'embedded, programs: {programs}'}"


@pytest.fixture(scope="session")
def postgres_bin() -> Path | None:
    """The directory of PostgreSQL's programs, None for those of the wheel."""
    directory = os.environ.get("HARMONY_TEST_POSTGRES_BIN")
    return Path(directory) if directory else None


@pytest.fixture(scope="session")
def postgres(postgres_bin: Path | None) -> Iterator[str]:
    """The DSN of a server, of its database postgres."""
    if dsn := os.environ.get("HARMONY_TEST_DSN"):
        yield dsn
        return
    # Not under pytest's own directories: their paths are long, and kept.
    with tempfile.TemporaryDirectory(prefix="hpg-") as directory:
        server = Embedded(Path(directory), programs=postgres_bin, configuration={"fsync": "off"})
        server.start(watch=False)
        try:
            yield server.cluster.dsn("postgres")
        finally:
            server.stop()


@pytest.fixture
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Make an empty database; call it for as many as wanted."""
    made: list[str] = []

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        made.append(name)
        return make_conninfo(postgres, dbname=name)

    yield make
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def empty_dsn(new_database: Callable[[], str]) -> str:
    """A database without any tables."""
    return new_database()


@pytest.fixture
def dsn(empty_dsn: str) -> str:
    """A fresh database with all tables."""
    migrate(empty_dsn)
    return empty_dsn


@pytest.fixture
def log(dsn: str) -> Iterator[EventLog]:
    """The event log of a fresh database."""
    with EventLog(dsn) as opened:
        yield opened
