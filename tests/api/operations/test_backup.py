"""Everything into one file and back: what is restored is what was, proven before anything is touched."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from api.access import analysts
from api.operations.backup import backup
from api.site import database
from core.log import EventLog
from core.settings import load
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Site
from tests.api.operations.living import everything, lived_in
from tests.projections.filling import events_of, made_event

pytestmark = pytest.mark.http


@pytest.fixture
def another(new_database: Callable[[], str]) -> str:
    """A second database, with nothing in it."""
    return new_database()


def test_what_is_no_backup_leaves_nothing_behind(tmp_path: Path) -> None:
    site = Site(tmp_path / "data", None)
    (foreign := tmp_path / "x.backup").write_bytes(b"not one")
    refused = site.run("restore", foreign)
    assert (refused.code, "is no backup of Harmony" in refused.err) == (1, True)
    assert not site.data.exists()


def test_the_file_that_was_meant_is_named(site: Site, tmp_path: Path) -> None:
    for command in (("backup", "/nosuch/x.backup"), ("calls", "export", "-o", "/nosuch/x.csv")):
        refused = site.run(*command)
        assert (refused.code, refused.err) == (1, f"harmony: {command[-1]}: No such file or directory.\n")
    (out := tmp_path / "calls.ndjson").write_text("old")
    site.ok("calls", "export", "-o", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_what_is_restored_is_what_was_and_goes_on(site: Site, another: str, tmp_path: Path) -> None:
    assert site.dsn is not None
    lived_in(site)
    file = tmp_path / "one.backup"
    made = site.ok("backup", file, "--json").json
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made["sha256"] == site.ok("restore", "--check", file, "--json").json["sha256"]
    before = everything(site.dsn)
    with psycopg.connect(site.dsn, autocommit=True) as connection:  # a role is the server's: here, the same one's
        (role,) = [one.role for one in analysts.listed(connection)]
        password = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")

    other = Site(tmp_path / "other", another)
    said = other.ok("restore", file).out
    assert "is restored" in said
    assert everything(another) == before
    for name in ("token.sha256", "webhook.key", "registry.ldif", "harmony.toml"):
        assert (other.data / name).read_bytes() == (site.data / name).read_bytes()
        assert stat.S_IMODE((other.data / name).stat().st_mode) == 0o600
    with psycopg.connect(another, autocommit=True) as connection:
        assert connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone() == password
        connection.execute("SELECT count(*) FROM cdr.cdr_call")
    # The live call goes on, with positions behind those that were.
    with EventLog(another) as log:
        log.append(events_of("01-*")[40:])
    Runner(another, CallFold, TOPICS).run_once()
    assert other.ok("calls", "list", "--json").json["calls"][0]["state"] == "complete"
    with psycopg.connect(another, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_what_cannot_be_restored_is_refused_in_one_sentence(site: Site, another: str, tmp_path: Path) -> None:
    file, foreign, cut = tmp_path / "one.backup", tmp_path / "foreign", tmp_path / "cut"
    site.ok("backup", file)
    foreign.write_text("no backup")
    cut.write_bytes(file.read_bytes()[:-40])
    other = Site(tmp_path / "other", another)
    for bad, word in ((foreign, "no backup of Harmony"), (cut, "damaged"), (tmp_path / "none", "No such file")):
        done = other.run("restore", bad)
        assert done.code == 1
        assert word in done.err
        assert done.err.count("\n") == 1
    assert not other.data.exists()
    with psycopg.connect(another) as connection:
        assert connection.execute("SELECT to_regnamespace('log')").fetchone() == (None,)
    again = site.run("restore", file)
    assert (again.code, "has a Harmony already" in again.err) == (1, True)
    assert "there already" in site.run("backup", file).err
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "webhook.key").write_text("x")
    site_with_key = tmp_path / "other" / "webhook.key"
    lived_in_key = site.data / "webhook.key"
    lived_in_key.parent.mkdir(parents=True, exist_ok=True)
    lived_in_key.write_text("ab" * 32)
    site.ok("backup", tmp_path / "two.backup")
    assert str(site_with_key) in other.run("restore", tmp_path / "two.backup").err


def test_the_embedded_database_is_backed_up_while_it_is_written_to(tmp_path: Path) -> None:
    one, two = Site(tmp_path / "one", None), Site(tmp_path / "two", None)
    one.fill("01")
    before = one.ok("calls", "export").out
    written: list[str] = []

    with database(load(one.env)) as here:

        def write(table: str) -> None:
            """Before each table is read, something is written to it."""
            with EventLog(here.dsn) as log:
                assert log.append([made_event("HEARTBEAT", len(written) + 1)]) == 1
                if not written:
                    log.append(events_of("03-*"))
            Runner(here.dsn, CallFold, TOPICS).run_once()
            written.append(table)

        done = backup(here, tmp_path / "file", write)
    assert {"log.switch_event", "calls.call", "calls.fold_state"} < set(written)
    two.ok("restore", tmp_path / "file")
    assert two.ok("calls", "export").out == before
    assert two.ok("events", "verify").code == 0
    assert done.events == len(events_of("01-*")) + 1  # and what the import says of itself
    after = one.ok("calls", "export").out
    assert after != before
    # What the backup did not see can follow it.
    two.fill("03")
    assert len(two.ok("calls", "export").out.splitlines()) == len(after.splitlines())
