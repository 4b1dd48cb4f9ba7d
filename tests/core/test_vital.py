"""A thread that matters does not die alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.vital import VitalThread

pytestmark = pytest.mark.pure


class Failing(VitalThread):
    def work(self) -> None:
        raise RuntimeError("this was not foreseen")


class Ending(VitalThread):
    def work(self) -> None:
        return


def test_a_failure_is_told_and_an_end_is_not(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []
    for kind in (Failing, Ending):
        thread = kind(kind.__name__, ended.append)
        thread.start()
        thread.join()
    assert ended == ["Failing"]
    assert "The thread Failing failed" in caplog.text


def test_the_process_ends_with_it() -> None:
    code = """
import time
from tests.core.test_vital import Failing
Failing("heart").start()
time.sleep(600)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -15
    assert "The thread heart failed" in done.stderr
