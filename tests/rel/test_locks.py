"""The locks are of what pyproject.toml names, with a hash for whatever they name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure
TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("extra", ["run", "test", "parquet"])
def test_a_lock_is_of_what_pyproject_names_and_has_a_hash_for_everything(extra: str) -> None:
    asked = subprocess.run([sys.executable, TOP / "scripts/locked.py", "--check", extra], check=False)
    assert asked.returncode == 0, f"requirements/{extra}.txt is not of this pyproject.toml: run scripts/lock."
    entries = re.split(r"\n(?=\S)", (TOP / "requirements" / f"{extra}.txt").read_text())[1:]
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert any(entry.startswith("setuptools==") for entry in entries)


def test_what_runs_is_what_was_tested() -> None:
    tested = _versions("test")
    for extra in ("run", "parquet"):
        assert _versions(extra) <= tested


def _versions(extra: str) -> set[str]:
    return set(re.findall(r"^[a-z][^ ]*==[^ ]+", (TOP / "requirements" / f"{extra}.txt").read_text(), re.MULTILINE))
