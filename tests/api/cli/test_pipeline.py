"""From a capture to the truth: import, fold, export, compared with what the phones did and heard."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import CAPTURES, HARMONY, Site, capture

pytestmark = pytest.mark.database
CHECK = CAPTURES / "check_calls.py"
LISTED = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "13", "19", "22"]


def check(number: str, export: bytes) -> str:
    expected = capture(number).with_name("expected.json")
    done = subprocess.run([sys.executable, str(CHECK), str(expected)], input=export, capture_output=True, check=False)
    return done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize("number", LISTED)
def test_import_project_export_tells_the_truth(number: str, site: Site) -> None:
    site.ok("events", "import", capture(number))
    site.ok("project", "--once")
    assert check(number, site.ok("calls", "export").raw).endswith(": OK\n")


def test_the_check_can_fail(site: Site) -> None:
    site.fill("01")
    assert "differences" in check("13", site.ok("calls", "export").raw)


def test_the_whole_pipe_with_nothing_but_a_directory(tmp_path: Path) -> None:
    """As the README has it: no database named, none running."""
    site = Site(tmp_path / "data", None)
    harmony = " ".join(HARMONY)
    line = (
        f"{harmony} events import {capture('13')} >&2 && {harmony} project --once >&2 && {harmony} calls export"
        f" | {sys.executable} {CHECK} {capture('13').with_name('expected.json')}"
    )
    done = subprocess.run(["sh", "-c", line], env=site.env, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "13-attended-transfer-by-callee: OK\n"), done.stderr
    assert not (tmp_path / "data/postgres/data/postmaster.pid").exists(), "nobody is left who runs the database"
