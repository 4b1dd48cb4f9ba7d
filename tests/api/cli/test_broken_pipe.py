"""A reader of our output that goes away (head, less) ends the command at once and quietly."""

import subprocess
from collections.abc import Callable

import pytest

from tests.api.conftest import HARMONY, Site

pytestmark = pytest.mark.database


@pytest.mark.parametrize("words", [["calls", "export"], ["calls", "export", "--format", "csv"], ["events", "export"]])
def test_nobody_reads_the_export(words: list[str], filled: Callable[..., Site]) -> None:
    site = filled("10", "13")
    writer = subprocess.Popen([*HARMONY, *words], env=site.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    try:
        assert writer.wait(30) == 0
    finally:
        writer.kill()
    assert writer.stderr.read() == b""
    writer.stderr.close()
