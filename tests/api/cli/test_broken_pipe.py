"""A reader of our output that goes away (head, less) ends the command at once and quietly."""

import subprocess
from collections.abc import Callable

import pytest

from tests.api.conftest import HARMONY, Site

pytestmark = pytest.mark.database


def test_nobody_reads_the_export(filled: Callable[..., Site]) -> None:
    site = filled("10")
    for words in (["calls", "export"], ["calls", "export", "--format", "csv"], ["events", "export"]):
        writer = subprocess.Popen([*HARMONY, *words], env=site.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.close()
        try:
            assert writer.wait(30) == 0, words
        finally:
            writer.kill()
        assert writer.stderr.read() == b"", words
        writer.stderr.close()
