"""`harmony retention`: show, apply. How long the events of switches are kept, and dropping those that are older."""

import argparse
from typing import Any

from api.cli.console import emit, json_option, note, progress, say
from api.errors import OK, BadArgument


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("retention", help="how long switch events are kept: show, apply")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("show", help="what is kept, what was dropped, and what would go now")
    _keep(parser)
    json_option(parser)
    parser.set_defaults(run=show)
    parser = verbs.add_parser("apply", help="drop now what is older; calls and call events stay")
    _keep(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be dropped, and leave it")
    parser.add_argument("--reason", default="", metavar="TEXT", help="recorded with it")
    parser.add_argument("--everything", action="store_true", help="also when no event is left then")
    json_option(parser)
    parser.set_defaults(run=apply)


def _keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep", type=float, metavar="DAYS", help="1 or more, other than the setting keep_switch_events"
    )


def _days(args: argparse.Namespace, setting: Any) -> float | None:
    """How many days; None for ever."""
    if args.keep is None:
        return None if setting == "forever" else float(setting)
    if not 1 <= args.keep < 1e5:
        raise BadArgument(f"--keep: {args.keep:g} is no number of days for which events are kept: give 1 or more.")
    return float(args.keep)


def show(args: argparse.Namespace) -> int:
    from api.site import site
    from core.log.driver import connect
    from core.log.retention import events, retained
    from projections.callflow.document import instant_text
    from projections.retention import Weighed, droppable, weigh

    with site() as here, connect(here.dsn) as connection:
        days = _days(args, here.settings.keep_switch_events)
        so_far = retained(connection)
        what = None if days is None else droppable(connection, days)
        weighed = Weighed(0, 0, 0) if what is None else weigh(connection, what)
        there = events(connection)
    looked = None if so_far.applied_at is None else instant_text(so_far.applied_at)
    if args.json:
        emit(
            {
                "keep_days": days,
                "floor": so_far.floor,
                "dropped": so_far.dropped,
                "applied_at": looked,
                "would_drop": weighed.events,
                "would_free_bytes": weighed.bytes,
                "would_keep_of_live_calls": weighed.kept,
                "events": there,
                "upto": 0 if what is None else what.upto,
                "unread": what is not None and what.unread,
            }
        )
        return OK
    say("Switch events are kept for ever." if days is None else f"Switch events are kept for {days:g} days.")
    if so_far.floor:
        say(f"{so_far.dropped} have been dropped, up to position {so_far.floor}; last looked at {looked}.")
    else:
        say("None has been dropped.")
    if what is not None:
        size = f"{weighed.bytes / 1e6:,.1f} MB"
        say(f"{weighed.events} of {there} could go now ({size}), up to position {what.upto}.")
        if weighed.kept:
            say(f"{weighed.kept} as old stay, because their calls live.")
        if what.unread:
            note("A projection is behind: older events that it has not read stay until it has.")
    return OK


def apply(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.operations import retention
    from api.site import site
    from core.log.driver import connect
    from core.log.retention import events, newer
    from projections.retention import droppable

    if args.dry_run:
        return show(args)
    with site() as here, connect(here.dsn) as connection:
        days = _days(args, here.settings.keep_switch_events)
        if days is None:
            raise BadArgument("Switch events are kept for ever: set keep_switch_events, or give --keep DAYS.")
        upto = droppable(connection, days).upto
        if not args.everything and upto and not newer(connection, upto):
            raise BadArgument(
                "No switch event is younger than that, so hardly any would stay: `--everything` says that it is meant."
            )
        with progress("dropping", upto) as bar:

            def advance(position: int, dropped: int) -> bool:
                bar(position)
                return True

            done = retention.apply(connection, days, OPERATOR.name, args.reason, advance)
        stayed = events(connection)
    if args.json:
        emit({"dropped": done.dropped, "stayed": stayed, "floor": done.floor, "unread": done.unread})
        return OK
    say(f"{done.dropped} switch events older than {days:g} days were dropped; {stayed} stayed.")
    say(f"All events behind position {done.floor} are there.")
    if done.unread:
        note("A projection is behind: older events that it has not read stay until it has.")
    return OK
