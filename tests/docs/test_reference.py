"""The reference pages that are made from the code are those that this code makes."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.database

TOP = Path(__file__).resolve().parent.parent.parent


def test_reference_pages_are_fresh() -> None:
    command = [sys.executable, "scripts/reference.py", "--check"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
