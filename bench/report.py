"""What a benchmark found, and how it is shown: medians of several runs with their spread, and ratios to a base.

Wall-clock figures of one machine mean little alone. A figure here is therefore always several runs, and a table names
the row that the others are set beside. No measuring happens in this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One thing measured: its figure in each run, or a note why there is none."""

    name: str
    runs: Sequence[float] = ()
    unit: str = "events/s"
    note: str = ""

    @property
    def median(self) -> float:
        """The figure that stands for the runs."""
        return median(self.runs)


class Table(msgspec.Struct, frozen=True):
    """The rows of one benchmark. ``base`` names the row that rows of the same unit are compared with."""

    name: str
    about: str
    rows: Sequence[Row]
    base: str = ""
    notes: Sequence[str] = ()


def number(value: float) -> str:
    """A figure with three digits that matter: ``0.42``, ``17.3``, ``2,010``, ``94,300``."""
    if value >= 10_000:
        value = round(value, 2 - len(str(int(value))) + 1)
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


def lines(table: Table) -> list[str]:
    """The table as text, every column aligned."""
    base = next((row for row in table.rows if row.name == table.base and row.runs), None)
    cells = [("", "median", "min", "max", "unit", "ratio", "")]
    for row in table.rows:
        if not row.runs:
            cells.append((row.name, "-", "", "", "", "", row.note))
            continue
        ratio = f"{row.median / base.median:.2f}" if base and base.unit == row.unit and base.median else ""
        spread = (number(min(row.runs)), number(max(row.runs))) if len(row.runs) > 1 else ("", "")
        cells.append((row.name, number(row.median), *spread, row.unit, ratio, row.note))
    widths = [max(len(line[column]) for line in cells) for column in range(7)]
    out = [f"{table.name}: {table.about}"]
    for line in cells:
        name, middle, low, high, unit, ratio, note = (
            text.ljust(width) if column in (0, 4, 6) else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        out.append(f"  {name}  {middle}  {low}  {high}  {unit}  {ratio}  {note}".rstrip())
    if base:
        out.append(f"  ratio: beside '{base.name}'")
    out.extend(f"  {note}" for note in table.notes)
    return out


def side_by_side(
    works: Mapping[str, Callable[[], int]], *, runs: int = 5, seconds: float = 0.5
) -> dict[str, list[float]]:
    """Let the contenders take turns, ``runs`` rounds of ``seconds`` each: the items/s of each round.

    Each work says how many items it did. Taking turns shares out what else happens on the machine meanwhile.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(runs):
        for name, work in works.items():
            done, spent, begin = 0, 0.0, perf_counter()
            while not done or spent < seconds:
                done += work()
                spent = perf_counter() - begin
            found[name].append(done / spent)
    return found
