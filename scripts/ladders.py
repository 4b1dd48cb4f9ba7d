"""Draw the ladders of docs/explanation/what-one-call-is.md from the recorded calls, or say that they are out of date.

``python scripts/ladders.py`` writes, ``--check`` compares only (exit code 1 when the page differs). Between
``<!-- ladder NAME [N...] [why] -->`` and ``<!-- end -->`` the page gets what ``harmony calls show`` draws of the calls
in tests/captures/NAME: all of them or the Nth ones in order of their beginning, with ``why`` also their evidence.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from functools import lru_cache
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "explanation" / "what-one-call-is.md"
MARKED = re.compile(r"<!-- ladder (?P<what>[^>]*?) -->\n.*?<!-- end -->", re.DOTALL)
sys.path.insert(0, str(TOP))


@lru_cache
def documents(name: str) -> list[dict[str, object]]:
    """The calls of a capture, in the order in which they began."""
    from projections.callflow import render
    from tests.projections.callflow.folding import events_of, fold_all

    calls = fold_all(events_of(name)).calls.values()
    return [json.loads(render(call)) for call in sorted(calls, key=lambda call: (call.started_at, call.call_id))]


def drawn(what: str) -> list[str]:
    """The lines between two markers; `what` is what stands in the first of them."""
    from api.ladder import ladder, why

    name, *wishes = what.split()
    calls = documents(name)
    numbers = [int(wish) for wish in wishes if wish.isdecimal()] or range(1, len(calls) + 1)
    lines: list[str] = []
    for call in (calls[number - 1] for number in numbers):
        lines += ["", *ladder(call), *(["", *why(call)] if "why" in wishes else [])]
    return ["```text", *lines[1:], "```"]


def refreshed(page: str) -> str:
    """The page with all its ladders drawn again."""

    def again(found: re.Match[str]) -> str:
        return "\n".join([f"<!-- ladder {found['what']} -->", *drawn(found["what"]), "<!-- end -->"])

    return MARKED.sub(again, page)


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when the page is out of date")
    check = parser.parse_args().check
    text = PAGE.read_text()
    fresh = refreshed(text)
    if fresh == text:
        return 0
    if not check:
        PAGE.write_text(fresh)
    sys.stderr.write(f"{PAGE.relative_to(TOP)} {'is out of date: run `make docs`' if check else 'written'}\n")
    return int(check)


if __name__ == "__main__":
    sys.exit(main())
