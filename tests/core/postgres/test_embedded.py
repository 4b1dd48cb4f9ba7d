"""The embedded PostgreSQL starts, is shared, stops, comes back, as root too; it touches nothing above its own."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from core.postgres import Embedded, PostgresError, account, binaries, cluster, embedded
from core.postgres.account import Account
from core.postgres.errors import NoAccount, NoBinaries, StartFailed, WrongVersion
from tests.fix_disk import fill

pytestmark = pytest.mark.database

HASTY = {"fsync": "off"}
DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def until(true: Callable[[], bool], patience: float = 30) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory with a short path."""
    with tempfile.TemporaryDirectory(prefix="hpg-") as directory:
        yield Path(directory)


@pytest.fixture
def server(home: Path, postgres_bin: Path | None) -> Iterator[Embedded]:
    """A started server that nobody watches."""
    started = Embedded(home, programs=postgres_bin, configuration=HASTY)
    started.start(watch=False)
    yield started
    started.stop()


def answer(dsn: str, query: bytes = b"SELECT 1") -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def test_it_starts_and_stops_and_keeps_what_was_written(home: Path, postgres_bin: Path | None) -> None:
    with embedded(home, programs=postgres_bin) as dsn:
        assert answer(dsn, b"SHOW fsync") == answer(dsn, b"SHOW synchronous_commit") == "on"
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS a")
        pid = Embedded(home, programs=postgres_bin).status().pid
        assert pid is not None
    status = Embedded(home, programs=postgres_bin).status()
    assert status.exists
    assert status.pid is None
    with pytest.raises(psycopg.OperationalError):
        answer(dsn)
    with embedded(home, programs=postgres_bin) as dsn:
        assert answer(dsn, b"SELECT a FROM kept") == 42


def test_only_its_owner_gets_at_it_and_nothing_listens_on_the_network(server: Embedded) -> None:
    cluster = server.cluster
    for directory in (cluster.directory, cluster.data, cluster.socket_directory):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert answer(server.dsn, b"SHOW listen_addresses") == ""
    assert answer(server.dsn, b"SHOW server_encoding") == "UTF8"


def test_directories_above_are_left_alone(home: Path, postgres_bin: Path | None) -> None:
    data = home / "above" / "data"
    data.mkdir(parents=True)
    above = [home, home / "above", data, home.parent]
    home.chmod(0o700)
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in above]
    with embedded(data, programs=postgres_bin) as dsn:
        assert answer(dsn) == 1
    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in above] == before


def test_a_long_path_gets_a_short_socket(home: Path, postgres_bin: Path | None) -> None:
    data = home / ("long" * 30)
    with Embedded(data, programs=postgres_bin, configuration=HASTY) as server:
        assert answer(server.dsn) == 1
        assert len(str(server.cluster.socket_directory)) < 90
        assert stat.S_IMODE(server.cluster.socket_directory.stat().st_mode) == 0o700
    server.cluster.socket_directory.rmdir()


def test_processes_share_it_and_the_last_one_stops_it(server: Embedded, home: Path) -> None:
    code = """
import sys
from pathlib import Path
from core.postgres import Embedded
server = Embedded(Path(sys.argv[1]), programs=Path(sys.argv[2]) if sys.argv[2] else None)
server.start(watch=False)
print(server.cluster.pid(), flush=True)
sys.stdin.readline()
server.stop()
"""
    pid = server.cluster.pid()
    programs = str(server.cluster.programs)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home), programs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert int(other.stdout.readline()) == pid
        server.stop()
        assert server.cluster.pid() == pid, "the other one still uses it"
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.wait(60) == 0
    assert server.cluster.pid() is None


def test_many_starting_at_once_start_one(home: Path, postgres_bin: Path | None) -> None:
    code = """
import sys
from pathlib import Path
from core.postgres import embedded
import psycopg
with embedded(Path(sys.argv[1]), programs=Path(sys.argv[2]) if sys.argv[2] else None) as dsn:
    with psycopg.connect(dsn) as connection:
        print(connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()[0])
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(home), str(postgres_bin or "")], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    found = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert len(set(found)) == 1
    assert found[0]
    assert Embedded(home, programs=postgres_bin).status().pid is None


def test_a_killed_server_comes_back_with_all_that_was_committed(server: Embedded) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)")
    pid = server.cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: server.cluster.pid() is None)
    assert (server.cluster.data / "postmaster.pid").exists(), "a stale pid file lies about"
    again = Embedded(server.cluster.directory.parent, programs=server.cluster.programs)
    again.start(watch=False)
    assert answer(again.dsn, b"SELECT count(*) FROM kept") == 1000
    again.stop()


def test_a_stale_pid_file_that_names_a_living_stranger(server: Embedded) -> None:
    server.cluster.stop()
    (server.cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster.data}\n")
    assert server.cluster.pid() is None
    server.cluster.start()
    assert answer(server.dsn) == 1


def test_it_is_revived_when_it_dies(home: Path, postgres_bin: Path | None, caplog: pytest.LogCaptureFixture) -> None:
    with Embedded(home, programs=postgres_bin, configuration=HASTY) as server:
        for restarts in (1, 2):
            pid = server.cluster.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until(lambda restarts=restarts: server.restarts == restarts)  # type: ignore[misc]
            assert answer(server.dsn) == 1
        assert server.status().restarts == 2
        assert server.trouble is None
    said = [record.getMessage() for record in caplog.records if record.name == "harmony.postgres"]
    assert [line.partition(",")[0] for line in said] == ["PostgreSQL ended", "PostgreSQL ended"]


def test_a_half_made_cluster_is_made_anew(home: Path, postgres_bin: Path | None) -> None:
    (home / "postgres" / "data.new").mkdir(parents=True)
    (home / "postgres" / "data.new" / "PG_VERSION").write_text("18")
    with embedded(home, programs=postgres_bin) as dsn:
        assert answer(dsn) == 1


def test_another_version_is_refused(server: Embedded, home: Path) -> None:
    server.stop()
    (server.cluster.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(WrongVersion, match="PostgreSQL 9"):
        Embedded(home, programs=server.cluster.programs).start()


def test_what_keeps_it_from_starting_is_said(server: Embedded) -> None:
    server.cluster.stop()
    with open(server.cluster.data / "postgresql.conf", "a") as file:
        file.write("\nno_such_setting = 1\n")
    with pytest.raises(StartFailed, match="no_such_setting"):
        server.cluster.start()


def test_a_full_disk_is_said_and_no_hindrance_once_there_is_room(
    small_disk: Callable[[int], Path], postgres_bin: Path | None
) -> None:
    disk = small_disk(120 << 20)
    server = Embedded(disk, programs=postgres_bin, configuration=HASTY)
    server.start(watch=False)
    server.stop()
    ballast = fill(disk)
    with pytest.raises(StartFailed, match=r"no room on its disk \(0 kB are free\).*No space left on device"):
        server.start(watch=False)
    ballast.unlink()
    server.start(watch=False)
    assert answer(server.dsn) == 1
    server.stop()


def test_a_server_that_lives_and_does_not_answer_is_not_started_beside(
    server: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_SETTLING", 0.0)
    pid = server.cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StartFailed, match=f"its process {pid} takes no connections"):
            Embedded(server.cluster.directory.parent, programs=server.cluster.programs).start(watch=False)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert server.cluster.settled()


def test_programs_that_are_not_there() -> None:
    with pytest.raises(NoBinaries, match="HARMONY_POSTGRES_BIN"):
        Embedded(Path("/nonexistent"), programs=Path("/usr/bin"))


@pytest.mark.parametrize("programs", DEBIAN or [binaries.find()], ids=str)
def test_other_programs_by_the_setting(home: Path, programs: Path) -> None:
    with Embedded(home, programs=programs, configuration=HASTY) as server:
        version = answer(server.dsn, b"SHOW server_version_num")
        assert int(str(version)) // 10_000 == binaries.major(programs)


def test_root_takes_an_account_where_namespaces_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "namespaces_work", lambda: False)
    assert account.choose().user in ("harmony", "postgres", "nobody")
    assert account.choose("nobody") == Account(user="nobody")
    with pytest.raises(NoAccount, match="no account"):
        account.choose("no-such-user-here")
    monkeypatch.setattr(account, "_exists", lambda name: False)
    with pytest.raises(NoAccount, match="user namespaces are closed"):
        account.choose()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account.choose() == Account()


def test_it_runs_as_an_unprivileged_account(home: Path) -> None:
    # Only root can become somebody else; others are unprivileged themselves.
    # The wheel's programs may lie where the account cannot go; those of the system do not.
    programs = DEBIAN[-1] if DEBIAN else binaries.find()
    home.chmod(0o711)
    with Embedded(home, programs=programs, user="nobody", configuration=HASTY) as server:
        assert answer(server.dsn) == 1
        pid = server.cluster.pid()
        assert pid is not None
        assert Path(f"/proc/{pid}").stat().st_uid == server.cluster.data.stat().st_uid != 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o711


def test_errors_have_codes() -> None:
    assert all(error.code.startswith("postgres") for error in (PostgresError, NoBinaries, NoAccount, WrongVersion))
