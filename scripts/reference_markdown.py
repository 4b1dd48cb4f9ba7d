"""The few forms of Markdown that the generated pages use."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(headings)} |", "|" + "---|" * len(headings)]
    return lines + [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]


def one_line(text: str | None) -> str:
    """Text without its line breaks, names in double backticks as Markdown wants them."""
    return " ".join((text or "").split()).replace("``", "`")
