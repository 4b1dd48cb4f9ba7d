"""Arguments in, exit code out: the parser of all commands, and the one place where errors become sentences.

Exit codes: 0 ok, 1 failed, 2 usage, 3 degraded. Nobody sees a traceback: an error that was not foreseen is one
sentence too; `--debug` shows where it came from. Command modules import what they need inside their functions, so that
`harmony --help` and completion stay quick.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from api.cli import (
    analysts,
    backup,
    calls,
    commands,
    emulate,
    events,
    listen,
    operations,
    parked,
    people,
    phones,
    rebuild,
    registry,
    replay,
    retention,
    services,
    setup,
    status,
    tokens,
    webhooks,
)
from api.cli.arguments import Parser
from api.cli.console import error
from api.errors import FAILED, OK, exit_code_of

GROUPS = (
    services,
    emulate,
    setup,
    status,
    events,
    parked,
    people,
    phones,
    operations,
    calls,
    commands,
    rebuild,
    replay,
    retention,
    backup,
    webhooks,
    listen,
    registry,
    tokens,
    analysts,
)


def parser() -> argparse.ArgumentParser:
    top = Parser(
        prog="harmony",
        description="Every event of your FreeSWITCH switches stored for good, and the calls of people told right.",
        epilog="Exit codes: 0 ok, 1 failed, 2 usage, 3 degraded. HARMONY_DATA names the data directory (./data), "
        "HARMONY_DSN a PostgreSQL of your own.",
    )
    top.add_argument("--debug", action="store_true", help="show the traceback of an error that was not foreseen")
    verbs = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add(verbs)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: nothing is wrong. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as problem:
        if args.debug:
            raise
        return _refuse(problem, bool(getattr(args, "json", False)))


def _refuse(problem: Exception, as_json: bool) -> int:
    from core.errors import HarmonyError

    if isinstance(problem, HarmonyError):
        error(str(problem), problem.code, as_json)
        return exit_code_of(problem)
    if type(problem).__module__.startswith("psycopg"):
        error(f"The database refused: {_first_line(problem)}; look at it with `harmony doctor`.", "database", as_json)
    elif isinstance(problem, OSError) and problem.strerror:
        where = f"{problem.filename}: " if problem.filename else ""
        error(f"{where}{problem.strerror}.", "system", as_json)
    elif isinstance(problem, UnicodeDecodeError):
        error("A file that should be text is none in UTF-8: name another, or save it as UTF-8.", "text", as_json)
    else:
        what = f"{type(problem).__name__}: {_first_line(problem)}"
        error(f"harmony met an error it did not foresee ({what}); `harmony --debug ...` shows where.", "bug", as_json)
    return FAILED


def _first_line(problem: Exception) -> str:
    lines = str(problem).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(problem).__name__
