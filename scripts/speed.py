"""Run all benchmarks and put what they print into docs/explanation/speed.md, between its two marks."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "explanation" / "speed.md"
BEGIN, END = "<!-- a run begins -->", "<!-- a run ends -->"


def main() -> int:
    """Run, then write; a benchmark that failed leaves the page alone."""
    done = subprocess.run([sys.executable, "-m", "bench"], cwd=TOP, stdout=subprocess.PIPE, text=True, check=False)
    sys.stdout.write(done.stdout)
    if done.returncode:
        return done.returncode
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    block = "\n".join(f"    {line}".rstrip() for line in done.stdout.rstrip().splitlines())
    day = datetime.now(UTC).date().isoformat()
    PAGE.write_text(f"{before}{BEGIN}\n\nA run of {day}:\n\n{block}\n\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
