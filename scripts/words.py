"""Write the tables of kinds in docs/reference/words.md from the rows of the kinds, or say that they are out of date.

``python scripts/words.py`` writes, ``--check`` compares only (exit code 1 when the page differs). Between
``<!-- kinds NAME -->`` and ``<!-- end -->`` the page gets what the kinds of segment, offer or transfer mean.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from reference_markdown import table

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "reference" / "words.md"
MARKED = re.compile(r"<!-- kinds (?P<what>\w+) -->\n.*?<!-- end -->", re.DOTALL)
sys.path.insert(0, str(TOP))


def meanings(what: str) -> list[str]:
    """The table of one sort of kinds."""
    from projections.callflow.kinds import SEGMENTS
    from projections.callflow.offer_kinds import OFFERS
    from projections.callflow.transfer_kinds import TRANSFERS

    match what:
        case "segment":
            means = [(kind, row.means) for kind, row in SEGMENTS.items()]
        case "offer":
            means = [(outcome, row.means) for outcome, row in OFFERS.items()]
        case "transfer":
            means = [(kind, row.means) for kind, row in TRANSFERS.items()]
        case _:
            raise ValueError(f"There are kinds of segment, offer and transfer, but none of {what}.")
    return table(["outcome" if what == "offer" else "kind", "means"], [(f"`{word}`", says) for word, says in means])


def refreshed(page: str) -> str:
    """The page with all its tables of kinds made again."""

    def again(found: re.Match[str]) -> str:
        return "\n".join([f"<!-- kinds {found['what']} -->", *meanings(found["what"]), "<!-- end -->"])

    return MARKED.sub(again, page)


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when the page is out of date")
    check = parser.parse_args().check
    page = PAGE.read_text()
    fresh = refreshed(page)
    if fresh != page and check:
        sys.stderr.write("docs/reference/words.md is out of date: run `make docs`.\n")
        return 1
    if fresh != page:
        PAGE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
