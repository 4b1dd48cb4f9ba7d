"""Everything of an installation into one file, and back: `harmony backup` and `harmony restore`.

The database's tables as they are at one instant, the accounts of analysts, and the files of the data directory that
cannot be made again: settings, access token, the key of the webhooks' secrets, the registry's file. What a directory
(LDAP) holds is its own affair, and what waits in the spool is on its way into the log.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg

from api.access import analysts
from api.access.installation_token import FILE as TOKEN
from api.hooks.secrets import FILE as WEBHOOKS
from api.site import Site
from core.backup import BackupError, Reader, Writer
from core.backup.tables import MADE, Contents, contents, fill, rows, set_sequences
from core.log.driver import translated
from core.migrate import Migration, found, migrate
from core.registry.sources import FILE as REGISTRY

SETTINGS = "harmony.toml"
ABOUT = "about"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The first part of a backup."""

    made_at: str
    installation: str
    database: Contents
    verifiers: dict[str, str]
    files: list[str]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, or brought back."""

    sha256: str
    made_at: str
    events: int
    tables: int
    files: list[str]
    without_password: list[str] = []
    applied: list[str] = []
    """the migrations of this version that the backup did not have"""


def backup(here: Site, path: Path, report: Callable[[str], None] = lambda _: None) -> Done:
    """Write a backup while everything runs; raises `BackupError`."""
    files = _files(here)
    with translated(), psycopg.connect(here.dsn, autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        inside = contents(connection)
        installation = connection.execute("SELECT id FROM log.installation").fetchone()
        events = connection.execute("SELECT count(*) FROM log.switch_event").fetchone()
        about = About(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            installation="" if installation is None else str(installation[0]),
            database=inside,
            verifiers=analysts.verifiers(connection),
            files=list(files),
        )
        with Writer(path) as to:
            to.add(ABOUT, [msgspec.json.encode(about)])
            for name, file in files.items():
                to.add(f"file/{name}", [file.read_bytes()])
            for table in inside.tables:
                report(table.full)
                to.add(table.part, rows(connection, table))
        connection.execute("ROLLBACK")
    return Done(
        sha256=to.digest.hex(),
        made_at=about.made_at,
        events=0 if events is None else int(events[0]),
        tables=len(inside.tables),
        files=list(files),
    )


def check(path: Path) -> Done:
    """Prove a backup and say what is in it; raises `BackupError`."""
    reader = Reader(path)
    about = _about(reader, path)
    wanted = [ABOUT, *(f"file/{name}" for name in about.files), *(table.part for table in about.database.tables)]
    if reader.proven() != wanted or not {SETTINGS, TOKEN, WEBHOOKS, REGISTRY}.issuperset(about.files):
        raise BackupError(f"{path} does not hold what it says that it holds: take another backup.")
    return Done(
        sha256=reader.sha256, made_at=about.made_at, events=0, tables=len(about.database.tables), files=about.files
    )


def restore(here: Site, path: Path, report: Callable[[str], None] = lambda _: None) -> Done:
    """Bring a backup into an empty database and data directory, then to this version; raises `BackupError`.

    Nothing is touched before the whole file is proven; what fails later leaves the database as empty as it was.
    """
    proven = check(path)
    about = _about(Reader(path), path)
    made_with = _migrations(about, path)
    with translated(), psycopg.connect(here.dsn, autocommit=True) as connection:
        _empty(here, connection, about)
        try:
            migrate(here.dsn, made_with)
            _load(connection, Reader(path), about, report)
            applied = migrate(here.dsn)
            without = analysts.make_again(connection, about.verifiers)
            _write_files(here, path)
            count = connection.execute("SELECT count(*) FROM log.switch_event").fetchone()
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                connection.execute(f"DROP SCHEMA IF EXISTS {', '.join(MADE)} CASCADE")
            raise
    return msgspec.structs.replace(
        proven, events=0 if count is None else int(count[0]), without_password=without, applied=applied
    )


def _files(here: Site) -> dict[str, Path]:
    """The files that belong to the backup, by the names that they have in a data directory."""
    registry = here.settings.registry or here.data / REGISTRY
    named = {SETTINGS: here.data / SETTINGS, TOKEN: here.data / TOKEN, WEBHOOKS: here.data / WEBHOOKS}
    if given := os.environ.get("HARMONY_SETTINGS"):
        named[SETTINGS] = Path(given)
    if here.settings.ldap_uri is None:
        named[REGISTRY] = registry
    return {name: path for name, path in named.items() if path.is_file()}


def _about(reader: Reader, path: Path) -> About:
    data = b""
    for name, piece in reader.parts():
        if name != ABOUT:
            break
        data += piece
    try:
        return msgspec.json.decode(data, type=About)
    except msgspec.DecodeError:
        raise BackupError(
            f"{path} was made by a version of Harmony that this one does not know: update first."
        ) from None


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


def _empty(here: Site, connection: psycopg.Connection[tuple[object, ...]], about: About) -> None:
    there = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(MADE)]).fetchall()
    if there:
        raise BackupError(
            f"The database has a Harmony already (the schema {there[0][0]}): restore into an empty database or a new "
            "data directory."
        )
    for name in about.files:
        if name != SETTINGS and (here.data / name).exists():
            raise BackupError(f"{here.data / name} is there already: restore into a new data directory.")


def _load(
    connection: psycopg.Connection[tuple[object, ...]], reader: Reader, about: About, report: Callable[[str], None]
) -> None:
    tables = {table.part: table for table in about.database.tables}
    with connection.transaction():
        for name, pieces in itertools.groupby(reader.parts(), key=lambda part: part[0]):
            if name in tables:
                report(tables[name].full)
                fill(connection, tables[name], (piece for _, piece in pieces))
        set_sequences(connection, about.database.sequences)


def _write_files(here: Site, path: Path) -> None:
    """The files into the data directory, their owner's alone; settings that are there stay, the backup's go beside."""
    files: dict[str, bytes] = {}
    for name, piece in Reader(path).parts():
        if name.startswith("file/"):
            files[name] = files.get(name, b"") + piece
    here.data.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        target = here.data / name.removeprefix("file/")
        if target.name == SETTINGS and target.exists():
            target = target.with_name(f"{SETTINGS}.of-the-backup")
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
