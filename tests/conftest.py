"""Which fixtures there are, by subject; and what the tests may assume of the environment."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fix_database", "tests.fix_erlang", "tests.fix_switch", "tests.fix_slapd", "tests.fix_disk"]

# A shared machine stalls now and then: that is no failure of a property.
settings.register_profile("harmony", deadline=None)
# The whole run judges a change, so it tries the same examples each time; every other run looks for new ones.
settings.register_profile("whole", deadline=None, derandomize=True)
settings.load_profile("harmony")


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep HARMONY_* of whoever runs the tests away from them."""
    for variable in list(os.environ):
        if variable.startswith("HARMONY_") and not variable.startswith("HARMONY_TEST_"):
            monkeypatch.delenv(variable)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The recorded calls with the verdict on what the fold told of each."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    verdicts = sorted(
        str(value)
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == "recorded call"
    )
    if verdicts:
        terminalreporter.write_sep("-", "recorded calls and what was told of them")
        for verdict in verdicts:
            terminalreporter.write_line(verdict)
