"""Everything of an installation into one file, which is proven here, too: `harmony backup`.

The database's tables as they are at one instant, the accounts of analysts, and the files of the data directory that
cannot be made again: settings, access token, the key of the webhooks' secrets, the registry's file. What a directory
(LDAP) holds is its own affair, and what waits in the spool is on its way into the log.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg

from api.access import analysts
from api.access.installation_token import FILE as TOKEN
from api.hooks.secrets import FILE as WEBHOOKS
from api.site import Site
from core.backup import BackupError, Reader, Writer
from core.backup.tables import Contents, contents, rows
from core.log.driver import translated
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


def backup(
    here: Site, path: Path, report: Callable[[str], None] = lambda _: None, go_on: Callable[[], None] = lambda: None
) -> Done:
    """Write a backup while everything runs; raises `BackupError`.

    ``report`` hears of each table, ``go_on`` is called again and again; both may raise, and leave no file.
    """
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
                # Closed at once when writing fails: the connection cannot even be rolled back before.
                with contextlib.closing(rows(connection, table)) as pieces:
                    to.add(table.part, watched(pieces, go_on))
        connection.execute("ROLLBACK")
    return Done(
        sha256=to.digest.hex(),
        made_at=about.made_at,
        events=0 if events is None else int(events[0]),
        tables=len(inside.tables),
        files=list(files),
    )


def check(path: Path, go_on: Callable[[], None] = lambda: None) -> Done:
    """Prove a backup and say what is in it; raises `BackupError`."""
    reader = Reader(path)
    about = about_of(reader, path)
    wanted = [ABOUT, *(f"file/{name}" for name in about.files), *(table.part for table in about.database.tables)]
    if reader.proven(go_on) != wanted or not {SETTINGS, TOKEN, WEBHOOKS, REGISTRY}.issuperset(about.files):
        raise BackupError(f"{path} does not hold what it says that it holds: take another backup.")
    return Done(
        sha256=reader.sha256, made_at=about.made_at, events=0, tables=len(about.database.tables), files=about.files
    )


def watched(pieces: Iterable[bytes], go_on: Callable[[], None]) -> Iterator[bytes]:
    """The pieces, as long as it may go on."""
    for piece in pieces:
        go_on()
        yield piece


def _files(here: Site) -> dict[str, Path]:
    """The files that belong to the backup, by the names that they have in a data directory."""
    registry = here.settings.registry or here.data / REGISTRY
    named = {SETTINGS: here.data / SETTINGS, TOKEN: here.data / TOKEN, WEBHOOKS: here.data / WEBHOOKS}
    if given := os.environ.get("HARMONY_SETTINGS"):
        named[SETTINGS] = Path(given)
    if here.settings.ldap_uri is None:
        named[REGISTRY] = registry
    return {name: path for name, path in named.items() if path.is_file()}


def about_of(reader: Reader, path: Path) -> About:
    """What a backup says of itself; raises `BackupError`."""
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
