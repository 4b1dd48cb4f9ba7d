"""`harmony status`: how everything is, once or again and again."""

import argparse
import sys
from typing import TYPE_CHECKING

from api.cli.console import emit, json_option, paint, say
from api.errors import DEGRADED, OK, BadArgument
from api.words.text import harmless

if TYPE_CHECKING:
    from pathlib import Path

    from api.site import Site
    from core.errors import HarmonyError

EVERY = 2.0
CLEAR = "\x1b[H\x1b[2J"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "status", help="how everything is: log, projections, switches, parts, losses (exit code 3: degraded)"
    )
    parser.add_argument(
        "--watch", nargs="?", type=float, const=EVERY, metavar="SECONDS", help=f"again and again ({EVERY:g} s)"
    )
    json_option(parser)
    parser.set_defaults(run=status)


def status(args: argparse.Namespace) -> int:
    from api.site import site
    from core.errors import LogAway
    from core.postgres import PostgresError
    from core.settings import load

    if args.watch is not None and not 0.1 <= args.watch <= 86_400:
        raise BadArgument("--watch takes seconds from 0.1 to 86400.")
    try:
        with site() as here:
            return _show(here, args.json) if args.watch is None else _watch(here, args.watch, args.json)
    except (LogAway, PostgresError) as error:
        return _away(load().data, error, args.json)


def _watch(here: "Site", every: float, as_json: bool) -> int:
    from api.cli.status_follower import StatusFollower

    follower = StatusFollower(lambda: _again(here, as_json), every)
    follower.follow()
    return follower.code


def _again(here: "Site", as_json: bool) -> int:
    from core.errors import LogError

    if sys.stdout.isatty() and not as_json:
        sys.stdout.write(CLEAR)
    try:
        return _show(here, as_json)
    except LogError as error:
        return _away(here.data, error, as_json)
    finally:
        if not sys.stdout.isatty() and not as_json:
            say()


def _away(data: "Path", error: "HarmonyError", as_json: bool) -> int:
    """The database is away: what the files still tell."""
    from api.operations.spool_files import sentences

    says = "What the parts last reported is in the database, too; bridges that run go on hearing their switches."
    told = [str(error), says, *sentences(data)]
    if as_json:
        emit({"status": "degraded", "degraded": [error.code], "problems": told})
    else:
        for sentence in told:
            say(paint(f"degraded: {harmless(sentence)}", "yellow"))
    return DEGRADED


def _show(here: "Site", as_json: bool) -> int:
    from api.health.expected import expected_of
    from api.operations.status import look
    from api.operations.status_text import lines
    from bridge.session.version import remark
    from core.log.driver import connect

    with connect(here.dsn, "harmony status") as connection:
        found = look(connection, expected_of(here.settings))
    problems = found.health.problems
    if as_json:
        emit(found.document())
        return DEGRADED if problems else OK
    for number, line in enumerate(lines(found)):
        say(paint(line, "bold") if number == 0 else line)
    say()
    for problem in problems:
        say(paint(f"degraded: {harmless(problem.sentence)}", "yellow"))
    parked = found.parked_by_log + sum(one.parked for one in found.projections)
    if parked:
        what = "1 event is" if parked == 1 else f"{parked:,} events are"
        say(paint(f"{what} parked: `harmony parked list` says why, and what can be done.", "yellow"))
    for one in found.switches:
        if one.supplied and (follows := remark(one.version)):
            say(f"{harmless(one.switch)}: {follows}")
        for warning in one.warnings:
            say(paint(f"{harmless(one.switch)}: {harmless(warning)}", "yellow"))
    if found.losses.all:
        lost = found.losses.all
        times = "once" if len(lost) == 1 else f"{len(lost):,} times"
        say(paint(f"Events were lost {times}, as listed; calls of that time may be told in part.", "yellow"))
    for note in found.health.notes:
        say(harmless(note))
    if not problems:
        said = "Nothing else is wrong" if parked or found.losses.all else "Nothing is wrong"
        say(paint(f"{said}.", "green"))
    return DEGRADED if problems else OK
