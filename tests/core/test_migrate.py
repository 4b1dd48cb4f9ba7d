"""Migrations are applied in order and once; a changed one is refused."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from core.errors import LogAway, LogNotReady
from core.log import EventLog
from core.migrate import Migration, MigrationError, found, migrate, pending

pytestmark = pytest.mark.database

ONE = Migration(1, "0001_one", "CREATE TABLE log.one (a int)")
TWO = Migration(2, "0002_two", "CREATE TABLE log.two (a int); CREATE INDEX ON log.two (a)")


def test_all_files_apply_once(empty_dsn: str) -> None:
    names = [migration.name for migration in found()]
    assert names == sorted(names)
    assert pending(empty_dsn) == names
    assert migrate(empty_dsn) == names
    assert migrate(empty_dsn) == []
    assert pending(empty_dsn) == []


def test_new_ones_are_added(empty_dsn: str) -> None:
    assert migrate(empty_dsn, [ONE]) == ["0001_one"]
    assert migrate(empty_dsn, [ONE, TWO]) == ["0002_two"]


def test_a_changed_one_is_refused(empty_dsn: str) -> None:
    migrate(empty_dsn, [ONE])
    with pytest.raises(MigrationError, match=r"0001_one\.sql differs .* docs/how-to/upgrade\.md says\.$"):
        migrate(empty_dsn, [Migration(1, "0001_one", "CREATE TABLE log.one (b int)"), TWO])
    assert pending(empty_dsn, [ONE, TWO]) == ["0002_two"]


def test_who_is_refused_keeps_the_tables_as_they_were(empty_dsn: str) -> None:
    migrate(empty_dsn, [TWO])
    with pytest.raises(MigrationError, match="0002_two"):
        migrate(empty_dsn, [ONE, Migration(2, "0002_two", "SELECT 1")])
    assert pending(empty_dsn, [ONE, TWO]) == ["0001_one"]


def test_one_that_fails_leaves_nothing_and_keeps_those_before(empty_dsn: str) -> None:
    broken = Migration(2, "0002_two", "CREATE TABLE log.two (a int); SELECT nonsense")
    with pytest.raises(MigrationError, match="changed nothing"):
        migrate(empty_dsn, [ONE, broken])
    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("SELECT to_regclass('log.one') IS NOT NULL, to_regclass('log.two')").fetchone() == (
            True,
            None,
        )
    assert migrate(empty_dsn, [ONE, TWO]) == ["0002_two"]


def test_two_at_once_do_it_once(empty_dsn: str) -> None:
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(empty_dsn))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for names in applied for name in names) == [migration.name for migration in found()]


@pytest.mark.parametrize("names", [["0001_a.sql", "0001_b.sql"], ["1_a.sql"], ["0001-a.sql"]])
def test_odd_files_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(MigrationError):
        found([tmp_path])


def test_a_database_without_tables_says_what_to_do(empty_dsn: str) -> None:
    with EventLog(empty_dsn) as log, pytest.raises(LogNotReady, match="harmony migrate"):
        log.head()


def test_a_database_that_is_not_there() -> None:
    with pytest.raises(LogAway, match="HARMONY_DSN"):
        migrate("host=/nowhere/at/all dbname=x")


def test_released_files_are_as_they_were_released() -> None:
    """A database remembers their checksums: a change goes into a new file, and a release adds its files to the list."""
    listed = (Path(__file__).parent / "released.sha256").read_text().splitlines()
    released = {name: checksum for checksum, name in (line.split() for line in listed)}
    here = {migration.name: migration.checksum for migration in found()}
    assert {name: here.get(name) for name in released} == released
