"""As root, in a tree that only root may enter (a clone in /root): it runs, or says in one sentence what to do."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.postgres import account, binaries

pytestmark = pytest.mark.database

REPOSITORY = Path(__file__).parent.parent.parent.parent
CODE = """
import sys
from pathlib import Path
from core.errors import HarmonyError
from core.postgres import embedded
import psycopg
try:
    with embedded(Path(sys.argv[1]), programs=Path(sys.argv[2])) as dsn, psycopg.connect(dsn) as connection:
        print(connection.execute("SELECT 42").fetchone()[0])
except HarmonyError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def closed() -> Iterator[Path]:
    """A directory that nobody but us may enter, with a short path."""
    with tempfile.TemporaryDirectory(prefix="hroot-") as directory:
        assert stat.S_IMODE(Path(directory).stat().st_mode) == 0o700
        yield Path(directory)
        assert stat.S_IMODE(Path(directory).stat().st_mode) == 0o700, "it was opened for others"


@pytest.fixture
def without_namespaces(tmp_path: Path) -> dict[str, str]:
    """An environment in which user namespaces are closed: `unshare` says what it says there."""
    fake = tmp_path / "bin" / "unshare"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    return {**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}


def start(data: Path, programs: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CODE, str(data), str(programs)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)


def test_a_tree_that_only_root_may_enter(
    closed: Path, without_namespaces: dict[str, str], postgres_bin: Path | None
) -> None:
    programs = binaries.find(postgres_bin)
    done = start(closed / "open", programs, dict(os.environ))
    if account.namespaces_work() or os.geteuid() != 0:
        assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
    if os.geteuid() != 0:
        return  # there is nothing to be refused
    done = start(closed / "shut", programs, without_namespaces)
    assert done.returncode == 1
    assert "user namespaces are closed here" in done.stderr
    assert f"cannot enter {closed}: move Harmony" in done.stderr
    assert not (closed / "shut").exists(), "nothing was made"


def test_programs_that_only_root_may_reach(closed: Path, without_namespaces: dict[str, str]) -> None:
    if os.geteuid() != 0:
        return
    programs = closed / "bin"
    programs.mkdir(mode=0o755)
    for name in ("postgres", "initdb", "pg_ctl"):
        shutil.copy(binaries.find() / name, programs / name)
    with tempfile.TemporaryDirectory(prefix="hdata-") as data:
        Path(data).chmod(0o755)
        done = start(Path(data), programs, without_namespaces)
    assert done.returncode == 1
    assert f"cannot enter {closed}" in done.stderr


def test_set_up_says_so_before_anything_is_installed(closed: Path, without_namespaces: dict[str, str]) -> None:
    if os.geteuid() != 0:
        return
    tree = closed / "harmony"
    (tree / "scripts").mkdir(parents=True)
    for name in ("scripts/setup", "scripts/lib.sh", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tree / name)
    environment = {k: v for k, v in without_namespaces.items() if not k.startswith("HARMONY_")}
    done = subprocess.run(
        [str(tree / "scripts" / "setup")], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert f"cannot enter {tree}: move this directory" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tree / ".venv").exists()
