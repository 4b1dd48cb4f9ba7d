"""Many use a data directory at once, a restore has it alone, and one `harmony run` runs there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.directory import USE, DirectoryInUse, alone, running, used

pytestmark = pytest.mark.pure


def test_many_use_it_and_none_beside_a_restore(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with used(data), used(data), pytest.raises(DirectoryInUse, match="in use by a Harmony"), alone(data):
        pass
    with alone(data):
        with pytest.raises(DirectoryInUse, match=rf"restore into .* goes on \(process {os.getpid()}\)"), used(data):
            pass
        with pytest.raises(DirectoryInUse, match="another restore"), alone(data):
            pass
    with used(data):
        pass


def test_one_run_beside_all_others(tmp_path: Path) -> None:
    with used(tmp_path), running(tmp_path), used(tmp_path):
        with pytest.raises(DirectoryInUse, match=rf"runs in .* already \(process {os.getpid()}\)"), running(tmp_path):
            pass
        with running(tmp_path / "another"):
            pass
    with running(tmp_path):
        pass


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from core.directory import alone
with alone(Path({str(tmp_path)!r})):
    print("alone", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "alone\n"
        with pytest.raises(DirectoryInUse, match=f"process {process.pid}"), used(tmp_path):
            pass
        process.send_signal(signal.SIGKILL)
    with used(tmp_path):
        pass


def test_a_place_that_came_to_nothing_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyError), alone(tmp_path / "new"):
        raise KeyError
    assert not (tmp_path / "new").exists()
    with pytest.raises(KeyError), alone(tmp_path):
        raise KeyError
    assert tmp_path.exists()


def test_a_directory_of_others_is_left_alone(tmp_path: Path) -> None:
    with used(tmp_path, make=False), used(tmp_path / "none", make=False):
        assert list(tmp_path.iterdir()) == []
    (tmp_path / USE).touch()
    with alone(tmp_path), pytest.raises(DirectoryInUse), used(tmp_path, make=False):
        pass
