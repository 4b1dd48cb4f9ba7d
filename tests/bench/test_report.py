"""Figures are shown as they are, and the events that benchmarks make are new ones."""

import importlib

import pytest

from bench import corpus, report
from bench.__main__ import LONG, NAMES
from bench.report import Row, Table
from core.event import identify

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.4217, "0.42"), (17.34, "17.3"), (641.2, "641"), (2010.4, "2,010"), (94349, "94,300"), (698_123, "698,000")],
)
def test_three_digits_matter(value: float, shown: str) -> None:
    assert report.number(value) == shown


def test_a_table_has_medians_spread_and_ratios() -> None:
    rows = [Row("ours", [30.0, 10.0, 20.0]), Row("theirs", [5.0]), Row("bytes", [7.0], "bytes"), Row("x", note="gone")]
    lines = report.lines(Table("t", "about", rows, "theirs"))
    assert [line.split() for line in lines[2:6]] == [
        ["ours", "20.0", "10.0", "30.0", "events/s", "4.00"],
        ["theirs", "5.00", "events/s", "1.00"],
        ["bytes", "7.00", "bytes"],
        ["x", "-", "gone"],
    ]
    assert lines[-1] == "  ratio: beside 'theirs'"


def test_contenders_take_turns() -> None:
    order: list[str] = []

    def work(name: str) -> int:
        order.append(name)
        return 1

    found = report.side_by_side({"a": lambda: work("a"), "b": lambda: work("b")}, runs=2, seconds=1e-9)
    assert order == ["a", "b"] * 3, "the first turn warms up"
    assert [len(runs) for runs in found.values()] == [2, 2]


def test_fresh_events_are_new_each_time() -> None:
    seen = {(who.core_uuid, who.sequence) for seed in (1, 2) for who in map(identify, corpus.fresh(500, seed))}
    assert len(seen) == 1000


@pytest.mark.parametrize("name", NAMES + LONG)
def test_each_benchmark_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"bench.{name}")
    assert callable(module.measure)
    assert "\n\nWhy: " in (module.__doc__ or "")
