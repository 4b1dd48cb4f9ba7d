"""A pytest plugin: a run is green only if every ring of tests was really run.

A missing Erlang or browser must not turn into a quiet skip, so with ``--all-rings`` a skipped test, a ring without
a passed test, or a test that belongs to no ring makes the run fail. What each ring needs is installed by
``scripts/setup-test``; nothing here installs or starts anything.
"""

from __future__ import annotations

import signal
from collections import Counter

import pytest

RINGS = ("pure", "database", "http", "erlang", "browser")


class AllRings:
    """Counts the passed tests of each ring and remembers what was skipped or belongs nowhere."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.complaints: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Write each test's ring into its reports (they cross process borders); refuse tests that no ring would run."""
        homeless = []
        for item in items:
            ring = next((ring for ring in reversed(RINGS) if item.get_closest_marker(ring)), None)
            if ring is None:
                homeless.append(item.nodeid)
            else:
                item.user_properties.append(("ring", ring))
        if homeless:
            some = ", ".join(homeless[:5])
            raise pytest.UsageError(f"These tests name no ring (pytestmark = pytest.mark.{RINGS[0]}): {some}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        ring = str(dict(report.user_properties).get("ring"))
        self.seconds[ring] = self.seconds.get(ring, 0.0) + report.duration
        if report.skipped and not hasattr(report, "wasxfail"):
            self.complaints.append(f"{report.nodeid} was skipped")
        elif report.when == "call" and report.passed:
            self.passed[ring] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green run red when a part of it did not happen."""
        if hasattr(session.config, "workerinput"):
            return
        self.complaints += [f"no test of the ring '{ring}' passed" for ring in RINGS if not self.passed[ring]]
        if self.complaints and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many tests of each ring passed, and what did not run."""
        terminalreporter.section("rings")
        for ring in RINGS:
            terminalreporter.line(f"{ring:<9} {self.passed[ring]:>5} passed {self.seconds.get(ring, 0.0):>7.1f} s")
        for complaint in self.complaints:
            terminalreporter.line(f"NOT RUN: {complaint}", red=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--all-rings``."""
    parser.addoption("--all-rings", action="store_true", help="fail when a ring did not run or a test was skipped")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the rings when asked to.

    A shell that starts a job in the background has it ignore SIGINT, and its children inherit that: commands that tests
    end with Ctrl-C would go on for ever. Here it is what it is for a person at a terminal.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--all-rings"):
        config.pluginmanager.register(AllRings(), "all-rings")
