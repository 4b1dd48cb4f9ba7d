"""Whether a lock is of what pyproject.toml names now: ``python scripts/locked.py --check run`` ends with 0 when it is.

A lock (requirements/EXTRA.txt, made by scripts/lock) names in its first line the checksum of the requirements that it
was made from. Only the standard library is needed, since this is asked before anything is installed.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
EXTRAS = ("run", "test", "parquet")
"""those that have locks; run: none"""


def requirements(extra: str) -> list[str]:
    """What is to be installed: Harmony's own requirements, those of the extra, and those of building it."""
    found = tomllib.loads((TOP / "pyproject.toml").read_text())
    more = [] if extra == "run" else found["project"]["optional-dependencies"][extra]
    return [*found["project"]["dependencies"], *more, *found["build-system"]["requires"]]


def heading(extra: str) -> str:
    """The first line of the lock of an extra."""
    text = "\n".join(requirements(extra)).encode()
    return f"# The lock of {hashlib.sha256(text).hexdigest()[:16]}: made by scripts/lock, not by hand."


def locked(extra: str) -> bool:
    """Whether there is a lock of an extra that is made from what pyproject.toml has now."""
    lock = TOP / "requirements" / f"{extra}.txt"
    return lock.exists() and lock.read_text().startswith(heading(extra) + "\n")


def main() -> int:
    what, extra = sys.argv[1:]
    if what == "--requirements":
        sys.stdout.writelines(f"{one}\n" for one in requirements(extra))
    elif what == "--heading":
        sys.stdout.write(heading(extra) + "\n")
    return 0 if what != "--check" or locked(extra) else 1


if __name__ == "__main__":
    sys.exit(main())
