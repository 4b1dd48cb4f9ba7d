"""Everything of an installation back out of one file: `harmony restore`.

A restore has the data directory and the database alone, and both are marked until it came to its end: what dies on the
way is no installation to anybody, and the next restore begins anew. What fails, or is stopped, is taken back.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from api.access import analysts
from api.operations.backup import SETTINGS, About, Done, about_of, check, watched
from api.site import Site, opened
from core.backup import BackupError, Reader, begun
from core.backup.begun import Begun, Claim
from core.backup.tables import fill, set_sequences
from core.directory import alone
from core.durable import replace
from core.log.driver import translated
from core.migrate import LEDGER, Migration, found, migrate
from core.postgres import Embedded
from core.settings import Settings

DATABASE_MARKED, TABLES, ROWS, UPDATED, ACCOUNTS = "mark", "tables", "rows", "update", "accounts"
FILES, DIRECTORY_UNMARKED = "files", "unmarked"
"""steps that are reported when they are done, beside the names of tables and files"""


def restore(
    settings: Settings,
    path: Path,
    report: Callable[[str], None] = lambda _: None,
    go_on: Callable[[], None] = lambda: None,
) -> Done:
    """Bring a backup into an empty database and data directory, then to this version; raises `BackupError`.

    Nothing is touched before the whole file is proven; what fails later leaves all as it was, or else the marks of a
    restore that has begun. ``go_on`` is called where all can be taken back, and raises when it shall be.
    """
    proven = check(path, go_on)
    about = about_of(Reader(path), path)
    attempt = _Attempt(settings, path, about, report, go_on)
    attempt.nothing_in_the_way(begun.in_directory(settings.data))
    with alone(settings.data):
        events, without, applied = attempt.run()
    return msgspec.structs.replace(proven, events=events, without_password=without, applied=applied)


class _Attempt:
    """One restore, and what it has done that would have to be taken back."""

    def __init__(
        self,
        settings: Settings,
        path: Path,
        about: About,
        report: Callable[[str], None],
        go_on: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._data = settings.data
        self._path = path
        self._about = about
        self._report = report
        self._go_on = go_on
        self._made_with = _migrations(about, path)
        self._files = _files(path)
        self._mark = begun.begun(path, settings.data, self._files)
        self._earlier: list[Begun] = []
        """dead restores in whose place this one goes"""
        self._written: list[Path] = []
        self._claimed = False
        self._taken_back = False

    def nothing_in_the_way(self, *earlier: Begun | None) -> None:
        """Raise `BackupError` for a file that neither is the backup's nor was left by a dead restore."""
        marks = [mark for mark in earlier if mark is not None]
        for name, data in self._files.items():
            target = self._data / name
            if name != SETTINGS and target.exists() and not _replaceable(target, data, marks):
                raise BackupError(f"{target} is there already: restore into a new data directory.")

    def run(self) -> tuple[int, list[str], list[str]]:
        """Do it, with the data directory ours alone; return the events, the analysts without password, the updates."""
        before = begun.in_directory(self._data)
        self.nothing_in_the_way(before)
        self._earlier = [] if before is None else [before]
        # Where there is a database already, whose it is must be known before anything is marked.
        new = self._settings.dsn is None and not (self._data / "postgres" / "data" / "PG_VERSION").exists()
        try:
            if new:
                begun.mark_directory(self._data, self._mark)
            with opened(self._settings) as here, translated():
                return self._into(here)
        except BaseException as error:
            self._after(error, new, before)
            raise

    def _into(self, here: Site) -> tuple[int, list[str], list[str]]:
        with psycopg.connect(here.dsn, autocommit=True) as holding:
            claim = Claim(holding)
            dead = claim.take(self._mark, LEDGER)
            if dead is not None:
                self._earlier += [dead] if dead.into == self._mark.into and dead.host == self._mark.host else []
                self.nothing_in_the_way(*self._earlier)
            roles = _roles(holding)
            self._claimed = True
            try:
                begun.mark_directory(self._data, self._mark)
                with psycopg.connect(here.dsn, autocommit=True) as working:
                    if dead is not None:
                        claim.begin_anew(working, self._mark, LEDGER)
                    done = self._bring(here, working)
                begun.unmark_directory(self._data)
                self._report(DIRECTORY_UNMARKED)
                claim.release()
            except BaseException:
                with contextlib.suppress(psycopg.Error, OSError):
                    begun.mark_directory(self._data, self._mark)
                    with psycopg.connect(here.dsn, autocommit=True) as working:
                        _drop_roles(working, roles)
                        begun.empty(working)
                    self._remove_files()
                    claim.release()
                    self._taken_back = True
                raise
        return done

    def _bring(self, here: Site, connection: psycopg.Connection[Any]) -> tuple[int, list[str], list[str]]:
        self._step(DATABASE_MARKED)
        migrate(here.dsn, self._made_with, restoring=True)
        self._step(TABLES)
        self._load(connection)
        self._step(ROWS)
        applied = migrate(here.dsn, restoring=True)
        self._step(UPDATED)
        without = analysts.make_again(connection, self._about.verifiers)
        self._step(ACCOUNTS)
        self._write_files()
        count = connection.execute("SELECT count(*) FROM log.switch_event").fetchone()
        self._step(FILES)
        return 0 if count is None else int(count[0]), without, applied

    def _step(self, done: str) -> None:
        self._report(done)
        self._go_on()

    def _load(self, connection: psycopg.Connection[Any]) -> None:
        tables = {table.part: table for table in self._about.database.tables}
        with connection.transaction():
            for name, pieces in itertools.groupby(Reader(self._path).parts(), key=lambda part: part[0]):
                if name in tables:
                    fill(connection, tables[name], watched((piece for _, piece in pieces), self._go_on))
                    self._step(tables[name].full)
            set_sequences(connection, self._about.database.sequences)

    def _write_files(self) -> None:
        """The files into the data directory, their owner's alone; settings that are there stay, the backup's beside."""
        for name, data in self._files.items():
            target = self._data / name
            if name == SETTINGS and target.exists() and not _replaceable(target, data, self._earlier):
                target = target.with_name(f"{SETTINGS}.of-the-backup")
            if not (target.is_file() and target.read_bytes() == data):
                replace(target, data)
                self._written.append(target)
            self._step(name)

    def _remove_files(self) -> None:
        left = [self._data / name for name in self._files]
        for path in (*self._written, *(one for one in left if any(mark.left(one) for mark in self._earlier))):
            path.unlink(missing_ok=True)

    def _after(self, error: BaseException, new: bool, before: Begun | None) -> None:
        """Leave the directory as it was, or marked, where that could not be: then say so, by raising `BackupError`."""
        with contextlib.suppress(OSError):
            if new and self._cluster_removed():
                if self._claimed:
                    self._remove_files()
                self._taken_back = True
            if not self._claimed and before is not None:
                begun.mark_directory(self._data, before)
                return
            if self._taken_back or not (self._claimed or new):
                begun.unmark_directory(self._data)
                return
        raise BackupError(
            f"The restore failed ({str(error).rstrip('.') or type(error).__name__}), and what it had done could not be "
            "taken back: run it again; until then nothing of Harmony starts there."
        ) from error

    def _cluster_removed(self) -> bool:
        """Remove the embedded PostgreSQL that was made for this restore; False where it still runs."""
        if not (self._data / "postgres").exists():
            return True
        return Embedded(self._data, programs=self._settings.postgres_bin, user=self._settings.postgres_user).remove()


def _replaceable(path: Path, data: bytes, earlier: list[Begun]) -> bool:
    return path.is_file() and (path.read_bytes() == data or any(mark.left(path) for mark in earlier))


def _files(path: Path) -> dict[str, bytes]:
    """The files of a backup, by their names."""
    files: dict[str, bytes] = {}
    for part, piece in Reader(path).parts():
        if part.startswith("file/"):
            name = part.removeprefix("file/")
            files[name] = files.get(name, b"") + piece
        elif part.startswith("table/"):
            break  # they stand before the tables
    return files


def _migrations(about: About, path: Path) -> list[Migration]:
    """What made the tables of the backup, out of what this version has."""
    ours = {migration.number: migration for migration in found()}
    for number, name, checksum in about.database.migrations:
        if number not in ours:
            raise BackupError(f"{path} was made by a newer Harmony (it has {name}): restore it with that version.")
        if ours[number].checksum != checksum:
            raise BackupError(
                f"{path} was made by an unreleased Harmony, whose {name} was another: export its events with that "
                "version and import them (docs/how-to/upgrade.md)."
            )
    return [ours[number] for number, _, _ in about.database.migrations]


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    return {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}


def _drop_roles(connection: psycopg.Connection[Any], before: set[str]) -> None:
    """Remove the accounts of analysts that this restore made: roles are the server's, not the database's."""
    row = connection.execute("SELECT to_regclass('auth.analyst') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return
    for one in analysts.listed(connection):
        if one.role not in before:
            with contextlib.suppress(psycopg.Error):  # it can do nothing in an empty database
                analysts.drop_account(connection, one.role)
