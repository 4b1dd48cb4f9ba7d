"""What the tutorial and the how-tos tell people to type works, as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.database

TOP = Path(__file__).resolve().parent.parent.parent


def commands(page: str, heading: str) -> list[str]:
    """The indented commands below a heading of a page."""
    text = (TOP / "docs" / page).read_text()
    section = text.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^    (.*)$", section, flags=re.MULTILINE)


def run(script: list[str], data: Path) -> str:
    """Run commands one after another, as a person in the tree with the virtual environment would; all must succeed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARMONY_")}
    environment |= {"HARMONY_DATA": str(data), "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(script)], cwd=TOP, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_call_from_its_recorded_events(tmp_path: Path) -> None:
    typed = commands("tutorial/first-calls.md", "4. Tell a call from its recorded events")
    assert typed[0] == "export HARMONY_DATA=/tmp/first-calls"
    said = run(typed[1:], tmp_path / "data")
    assert said.endswith("10-blind-transfer-by-callee: OK\n")


def test_from_one_harmony_to_another(tmp_path: Path) -> None:
    run(["harmony events import tests/captures/01-answered-caller-hangs-up/events.etf.gz"], tmp_path / "one")
    export, import_ = commands("how-to/import.md", "From one Harmony to another")
    export = export.replace("monday", str(tmp_path / "monday")).replace("--after 120000 --upto 180000", "")
    run([export], tmp_path / "one")
    run([import_.replace("monday", str(tmp_path / "monday")), "harmony events verify"], tmp_path / "two")
