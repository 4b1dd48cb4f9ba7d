"""`harmony rebuild calls`: derive all calls again beside those that serve, show what would change, and swap."""

import argparse
from typing import TYPE_CHECKING, Any

from api.cli.console import emit, json_option, note, progress, say
from api.errors import OK
from api.words.text import harmless

if TYPE_CHECKING:
    from projections.rebuild import Difference

LISTED = 20
"""Differences that are shown one by one, unless all are asked for."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("rebuild", help="derive the calls again from the stored events")
    verbs = group.add_subparsers(metavar="WHAT", required=True)
    parser = verbs.add_parser("calls", help="into a second set of tables; then the differences; then an atomic swap")
    parser.add_argument("--dry-run", action="store_true", help="show what would change and leave everything as it is")
    parser.add_argument("--all", action="store_true", help=f"show every call that differs, not only {LISTED}")
    json_option(parser)
    parser.set_defaults(run=calls)


def calls(args: argparse.Namespace) -> int:
    from api.site import site
    from projections.callflow import TOPICS, CallFold
    from projections.rebuild import rebuild

    told = 0

    def differs(difference: "Difference") -> None:
        nonlocal told
        told += 1
        if args.json:
            emit({"call_id": difference.call_id, "was": difference.was, "now": difference.now})
        elif args.all or told <= LISTED:
            say(_line(difference))

    with site() as here, progress("rebuilding calls", 0) as bar:
        done = rebuild(here.dsn, CallFold, TOPICS, lambda p: bar(p.position, p.head), differs, swap=not args.dry_run)
    if args.json:
        emit(
            {
                "position": done.position,
                "calls": done.calls,
                "changed": done.changed,
                "added": done.added,
                "gone": done.gone,
                "kept": done.kept,
                "swapped": done.swapped,
                "events": done.events,
                "seconds": round(done.progress.seconds, 3),
            }
        )
        return OK
    if told > LISTED and not args.all:
        note(f"{told - LISTED} more differ; --all shows them.")
    rate = f" ({done.rate:,.0f} a second)" if done.rate else ""
    say(
        f"{done.calls} calls, read from {done.events} events up to position {done.position}{rate}: "
        f"{done.changed} changed, {done.added} added, {done.gone} gone."
    )
    if done.kept:
        say(f"{done.kept} were taken over as they were, because their events have been dropped.")
    say("The new set serves now." if done.swapped else "Nothing was changed: this was a dry run.")
    return OK


def _line(difference: "Difference") -> str:
    name = harmless(difference.call_id)
    if difference.was is None:
        return f"+ {name}: new"
    if difference.now is None:
        return f"- {name}: gone"
    return f"~ {name}: " + "; ".join(_field(k, was, now) for k, (was, now) in difference.fields().items())


def _field(name: str, was: Any, now: Any) -> str:
    if isinstance(was, (list, dict)) or isinstance(now, (list, dict)):
        return f"{harmless(name)} differs"
    return f"{harmless(name)} {harmless(was)} -> {harmless(now)}"
