"""A restore dies, is stopped, or meets others at any step: nobody takes what it left for an installation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from api.access import analysts
from api.operations.backup import backup as write
from api.operations.restore import ACCOUNTS, DATABASE_MARKED, DIRECTORY_UNMARKED, TABLES, UPDATED
from api.site import Site as Usable
from api.site import site as usable
from core.backup import begun
from core.backup.begun import RestoreBegun
from core.directory import used
from core.settings import load
from tests.api.conftest import Running, Site
from tests.api.operations.living import everything, lived_in

pytestmark = pytest.mark.http

EXAMPLE = Path(__file__).parents[3] / "rel" / "ldap" / "example.ldif"
OWN_FILES = ("token.sha256", "webhook.key", "registry.ldif", "harmony.toml")
HOOKED = """
import os, signal, sys
from api.cli.main import main
from api.operations import restore as operation
bring, (step, number) = operation.restore, sys.argv[2:]
def report(done):
    if done == step:
        print("at", done, flush=True)
        os.kill(os.getpid(), int(number)) if int(number) else sys.stdin.readline()
operation.restore = lambda settings, path, go_on: bring(settings, path, report, go_on)
sys.exit(main(["restore", sys.argv[1]]))
"""
"""`harmony restore` that gets a signal when a step is done, or waits for a line where the signal is 0"""


def restore(site: Site, file: Path, step: str, number: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HOOKED, str(file), step, str(number)]
    return subprocess.run(command, env=site.env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def another(new_database: Callable[[], str], tmp_path: Path) -> Site:
    """A place with nothing in it."""
    return Site(tmp_path / "other", new_database())


@pytest.fixture
def backup(site: Site, tmp_path: Path) -> Path:
    assert site.dsn is not None
    lived_in(site)
    file = tmp_path / "one.backup"
    write(Usable(settings=load(site.env), dsn=site.dsn), file)
    return file


def account(site: Site) -> str:
    assert site.dsn is not None
    with psycopg.connect(site.dsn) as connection:
        (role,) = [one.role for one in analysts.listed(connection)]
    return role


def drop_account(site: Site, role: str) -> None:
    assert site.dsn is not None
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        analysts.drop_account(connection, role)


def refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> str:
    """What every command says that looks for a database."""
    for name in ("HARMONY_DATA", "HARMONY_DSN"):
        monkeypatch.setenv(name, site.env[name])
    with pytest.raises(RestoreBegun) as told, usable():
        pass
    return str(told.value)


def test_killed_after_each_step_it_is_no_installation_and_begins_anew(
    site: Site, another: Site, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.dsn is not None
    assert another.dsn is not None
    before, role = everything(site.dsn), account(site)
    drop_account(site, role)
    for step in (DATABASE_MARKED, "log.switch_event", UPDATED, OWN_FILES[0], DIRECTORY_UNMARKED):
        done = restore(another, backup, step, signal.SIGKILL)
        assert (done.returncode, done.stdout) == (-signal.SIGKILL, f"at {step}\n"), done.stderr
        said = refused(another, monkeypatch)
        assert f"A restore of {backup} into" in said
        assert f"run `harmony restore {backup}` again" in said
    other_settings = another.run("status", env={"HARMONY_DATA": str(another.data.with_name("third"))})
    assert (other_settings.code, "did not come to its end" in other_settings.err) == (1, True)
    another.ok("restore", backup)
    assert everything(another.dsn) == before
    assert {path.name for path in another.data.iterdir() if not path.name.endswith(".lock")} == set(OWN_FILES)
    for name in OWN_FILES:
        assert (another.data / name).read_bytes() == (site.data / name).read_bytes()
    with usable():
        pass
    drop_account(another, role)


def test_a_killed_one_of_an_embedded_database_is_told_by_every_command(
    site: Site, backup: Path, tmp_path: Path
) -> None:
    new = Site(tmp_path / "new", None)
    assert restore(new, backup, "log.switch_event", signal.SIGKILL).returncode == -signal.SIGKILL
    for command in (["status"], ["run"], ["registry", "import", EXAMPLE]):
        done = new.run(*command)
        assert done.code == 1, done.out
        assert f"run `harmony restore {backup}` again, or begin with a new data directory" in done.err
    doctor = new.run("doctor")
    assert (doctor.code, "did not come to its end" in doctor.out) == (1, True)
    assert not (new.data / "token.sha256").exists()
    new.ok("restore", backup)
    assert new.run("events", "verify", "--json").code in (0, 3)
    assert "Nothing of Harmony runs" in new.run("status").out
    for name in OWN_FILES:
        assert (new.data / name).read_bytes() == (site.data / name).read_bytes()


def test_a_stopped_one_is_taken_back(another: Site, site: Site, backup: Path) -> None:
    assert another.dsn is not None
    role = account(site)
    drop_account(site, role)
    steps = {signal.SIGTERM: "log.switch_event", signal.SIGINT: ACCOUNTS, signal.SIGHUP: OWN_FILES[0]}
    for number, step in steps.items():
        done = restore(another, backup, step, number)
        assert (done.returncode, done.stderr) == (1, f"harmony: Stopped by {number.name}: nothing of it is left.\n")
        assert not another.data.exists()
        with psycopg.connect(another.dsn) as connection:
            assert connection.execute("SELECT to_regnamespace('log')").fetchone() == (None,)
            assert begun.in_database(connection) is None
            assert connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None


def test_no_postgresql_is_left_in_a_new_place(backup: Path, tmp_path: Path) -> None:
    new = Site(tmp_path / "new", None)
    done = restore(new, backup, TABLES, signal.SIGTERM)
    assert (done.returncode, "Stopped by SIGTERM" in done.stderr) == (1, True)
    assert not new.data.exists()
    no_programs = new.run("restore", backup, env={"HARMONY_POSTGRES_BIN": str(tmp_path)})
    assert (no_programs.code, "HARMONY_POSTGRES_BIN" in no_programs.err) == (1, True)
    assert not new.data.exists()
    new.data.mkdir()
    (new.data / "webhook.key").write_text("another")
    assert "webhook.key is there already" in new.run("restore", backup).err
    assert [path.name for path in new.data.iterdir()] == ["webhook.key"]


def test_nobody_runs_beside_it(another: Site, backup: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOOKED, str(backup), TABLES, "0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=another.env, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == f"at {TABLES}\n"
        for words in (["run"], ["status"], ["restore", backup]):
            done = another.run(*words)
            assert done.code == 1
            assert "in use" in done.err if words[0] == "restore" else f"goes on (process {process.pid})" in done.err
        elsewhere = Site(tmp_path / "third", another.dsn)
        assert "and goes on: wait for its end" in elsewhere.run("run").err
        assert "Another restore into this database goes on" in elsewhere.run("restore", backup).err
        assert not (elsewhere.data / "token.sha256").exists()
        out, err = process.communicate("\n", timeout=120)
        assert process.returncode == 0, err
        assert "is restored" in out


def test_it_does_not_begin_beside_others(another: Site, backup: Path) -> None:
    with used(another.data):
        done = another.run("restore", backup)
    assert (done.code, "is in use by a Harmony that runs" in done.err) == (1, True)
    assert not (another.data / begun.FILE).exists()


def test_a_second_run_in_a_directory_is_refused_at_once(site: Site) -> None:
    ports = {"HARMONY_HTTP_PORT": "0"}
    first: Running = site.start("run", env=ports)
    try:
        first.says("Application startup complete")
        second = site.run("run", "--demo", env=ports)
        assert second.code == 1
        assert f"`harmony run` runs in {site.data} already (process {first.process.pid})" in second.err
        assert second.out == ""
        site.run("status")
        assert site.run("project", "--once").code == 0
    finally:
        os.kill(first.process.pid, signal.SIGKILL)
        first.stop()
    again = site.start("run", env=ports)
    again.says("Application startup complete")
    assert again.stop() == 0


def test_a_backup_that_is_stopped_leaves_no_file(site: Site, tmp_path: Path) -> None:
    lived_in(site)
    code = """
import os, signal, sys
from api.cli.main import main
from api.operations import backup as operation
write = operation.backup
operation.backup = lambda here, path, go_on: write(here, path, lambda table: os.kill(os.getpid(), 15), go_on)
sys.exit(main(["backup", sys.argv[1]]))
"""
    (tmp_path / "there").mkdir()
    command = [sys.executable, "-c", code, str(tmp_path / "there" / "one.backup")]
    done = subprocess.run(command, env=site.env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Stopped by SIGTERM" in done.stderr) == (1, True), done.stderr
    assert list((tmp_path / "there").iterdir()) == []
