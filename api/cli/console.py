"""What commands print and how: sentences, tables, JSON, progress. No colour in a pipe, progress on stderr only."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Protocol, cast

from api.words.text import ascii_only, harmless, pad, steady, steady_json, width


class Advance(Protocol):
    """Tells a progress bar how much is done, and how much there is if that has changed."""

    def __call__(self, done: float, total: float | None = None) -> None: ...


def json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def is_utf8() -> bool:
    return (sys.stdout.encoding or "ascii").lower().replace("-", "") == "utf8"


def say(text: str = "") -> None:
    """A line for people on stdout; in a locale that is not UTF-8 nothing but ASCII."""
    text = steady(text)
    print(text if is_utf8() else ascii_only(text))


def emit(value: Any) -> None:
    """One JSON document on one line of stdout."""
    document = json.dumps(value, ensure_ascii=not is_utf8(), separators=(",", ":"), default=str)
    print(steady_json(document) if sys.stdout.isatty() else document)


def emit_raw(document: bytes) -> None:
    """One line that is JSON already."""
    out().write(document + b"\n")


class _Screen:
    """A terminal as a place for bytes: JSON and CSV are shown there, and not obeyed."""

    def write(self, data: bytes) -> int:
        sys.stdout.buffer.write(steady_json(data.decode("utf-8", "replace")).encode())
        return len(data)

    def flush(self) -> None:
        sys.stdout.buffer.flush()


def out() -> IO[bytes]:
    """Where bytes for programs go: stdout, as it is in a pipe and harmless on a terminal."""
    return cast("IO[bytes]", _Screen()) if sys.stdout.isatty() else sys.stdout.buffer


def note(text: str) -> None:
    """A line about the work, beside the output: stderr."""
    text = steady(text)
    print(ascii_only(text) if (sys.stderr.encoding or "").lower() != "utf-8" else text, file=sys.stderr, flush=True)


def error(sentence: str, code: str, as_json: bool = False) -> None:
    sys.stdout.flush()
    sentence = harmless(sentence)
    note(json.dumps({"error": {"code": code, "message": sentence}}) if as_json else f"harmony: {sentence}")


def paint(text: str, colour: str) -> str:
    """`text` in a colour, when a person looks at a terminal and did not ask for none (NO_COLOR)."""
    codes = {"red": 31, "green": 32, "yellow": 33, "bold": 1, "dim": 2}
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{codes[colour]}m{text}\x1b[0m"


def terminal_columns() -> int:
    """The width to draw for; 0 in a pipe: as wide as it needs."""
    if not sys.stdout.isatty():
        return 0
    return os.get_terminal_size(sys.stdout.fileno()).columns


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under headings, columns as wide as their longest cell; what is in a cell cannot steer the terminal."""
    cells = [["-" if c is None else harmless(c) for c in row] for row in rows]
    widths = [max(width(h), *(width(r[n]) for r in cells), 0) for n, h in enumerate(headings)]
    for line in [list(headings), *cells]:
        say("  ".join(pad(c, w) for c, w in zip(line, widths, strict=True)).rstrip())


@contextmanager
def progress(label: str, total: float, unit: str = "events", scale: float = 1.0) -> Iterator[Advance]:
    """A bar with rate and time left on a terminal's stderr, nothing elsewhere. `total` 0: unknown.

    `scale` divides what is shown, for bytes counted as megabytes.
    """
    if not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed / scale:,.0f} {unit}/s")

    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with shown:
        task = shown.add_task(harmless(label), total=total or None)
        yield lambda done, total=None: shown.update(task, completed=done, **({} if total is None else {"total": total}))
