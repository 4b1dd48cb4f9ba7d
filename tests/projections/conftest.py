"""A real PostgreSQL for the projections' tests: the embedded one, a migrated database of its own for each test.

`HARMONY_TEST_DSN` names another server to use instead; its user must be allowed to create databases.
"""

import itertools
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.log.eventlog import EventLog
from core.migrate import migrate
from core.postgres import Embedded
from projections.callflow import TOPICS, CallFold
from projections.fold import Fold
from tests.projections import fake_fold
from tests.projections.filling import READ_MODELS, TABLES, import_captures

_numbers = itertools.count(1)


class FoldUnderTest(NamedTuple):
    """A fold and what it reads."""

    name: str
    make: Callable[[], Fold]
    topics: Collection[str]
    same: tuple[str, ...]
    """the tables that must be the same however the log is cut into pages"""


FAKE = FoldUnderTest("fake", fake_fold.FakeFold, fake_fold.TOPICS, TABLES)
CALLS = FoldUnderTest("calls", CallFold, TOPICS, READ_MODELS)


@pytest.fixture(params=[FAKE, CALLS], ids=lambda fold: fold.name)
def fold(request: pytest.FixtureRequest) -> FoldUnderTest:
    """The small fold of the tests, and the real one."""
    found: FoldUnderTest = request.param
    return found


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The DSN of a server."""
    if given := os.environ.get("HARMONY_TEST_DSN"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="h", dir="/tmp") as directory:
        running = Embedded(Path(directory), configuration={"fsync": "off"})
        running.start(watch=False)
        try:
            yield running.dsn
        finally:
            running.stop()


@pytest.fixture(scope="session")
def migrated(server: str) -> Iterator[str]:
    """The name of a database with all tables and no rows."""
    name = f"harmony_test_{os.getpid()}_empty"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
        migrate(make_conninfo(server, dbname=name))
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Databases:
    """Makes migrated databases."""

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template

    @contextmanager
    def made(self) -> Iterator[str]:
        """The DSN of a new one, which goes in the end."""
        name = f"harmony_test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        try:
            yield make_conninfo(self._server, dbname=name)
        finally:
            with psycopg.connect(self._server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def databases(server: str, migrated: str) -> Databases:
    """A maker of databases."""
    return Databases(server, migrated)


@pytest.fixture
def new_dsn(databases: Databases) -> Iterator[Callable[[], str]]:
    """Makes migrated databases, which go when the test ends."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(databases.made())


@pytest.fixture
def dsn(new_dsn: Callable[[], str]) -> str:
    """A migrated database."""
    return new_dsn()


@pytest.fixture
def recorded(dsn: str) -> str:
    """A database whose log holds some recorded calls: transfers, a queue, hostile names, two tenants."""
    with EventLog(dsn) as log:
        import_captures(log, "01-*", "10-*", "13-*", "30-*", "42-*", "45-*")
    return dsn


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to the test's database."""
    with psycopg.connect(dsn, autocommit=True) as opened:
        yield opened
