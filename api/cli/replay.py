"""`harmony replay`: the stored switch log out again, as events or as Erlang terms, at the pace of life or faster."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.console import emit, json_option, note, out, progress, say
from api.errors import FAILED, OK, BadArgument

if TYPE_CHECKING:
    from uuid import UUID

    from api.replay.run import Plan, Replayed
    from api.replay.selection import Selection
    from api.replay.targets import Target
    from api.site import Site
    from core.event import SwitchEvent
    from core.log import EventLog

TARGETS = "stdout | file PATH | http URL | erlang-node NAME"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "replay",
        help="send the stored events out again: to a file, over HTTP, to an Erlang node",
        description="Send stored switch events out again. Nothing else happens: no webhook, command or message is "
        "repeated. Times are those at which the events happened, by the switches' clocks. What operators did is left "
        "out unless --types names it, and to Erlang nodes goes only what switches sent.",
    )
    parser.add_argument("--from", dest="since", metavar="TIME", help="events that happened at or after this")
    parser.add_argument("--until", metavar="TIME", help="events that happened before this")
    parser.add_argument("--after", metavar="CURSOR", help="go on behind this cursor, or position")
    parser.add_argument("--call", metavar="ID", help="a call with all its legs, by its id, an alias, or a leg")
    parser.add_argument("--types", metavar="NAMES", help="with commas: freeswitch.CHANNEL_ANSWER, CHANNEL_*, ...")
    parser.add_argument(
        "--speed", choices=("1", "10", "max"), default="1", help="the speed of life (1), ten times, or all at once"
    )
    parser.add_argument("--idle", type=float, metavar="SECONDS", help="wait no longer than this in a silence")
    parser.add_argument("--to", nargs="+", default=["stdout"], metavar="TARGET", help=TARGETS)
    parser.add_argument(
        "--as", dest="form", choices=("events", "terms"), help="for a file: JSON lines, or a capture (default)"
    )
    parser.add_argument(
        "--header", action="append", default=[], metavar="NAME:VALUE", help="for http: send this header too"
    )
    parser.add_argument(
        "--process",
        metavar="NAME",
        help="for erlang-node: send to this registered process; else wait until the node has registered as a listener",
    )
    parser.add_argument("--node", metavar="NAME", help="for erlang-node: our own name (replay@ and our host)")
    parser.add_argument(
        "--cookie-file", type=Path, metavar="FILE", help="for erlang-node: its cookie (else the setting)"
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="IANA time zone of times without an offset (UTC)")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be sent, how long it takes, and where to"
    )
    json_option(parser)
    parser.set_defaults(run=replay)


def replay(args: argparse.Namespace) -> int:
    import asyncio
    from uuid import UUID

    import psycopg

    from api.replay.pace import SPEEDS, Pace
    from api.replay.run import plan
    from api.replay.selection import pages, rows
    from api.site import site
    from core.log import EventLog
    from core.log.retention import oldest

    if args.idle is not None and not args.idle >= 0:
        raise BadArgument(f"--idle: {args.idle:g} is no number of seconds.")
    with site() as here, EventLog(here.dsn) as log, psycopg.connect(here.dsn, autocommit=True) as connection:
        installation = UUID(log.installation())
        wanted = _selection(args, log.head(), installation)
        found = rows(connection, wanted)
        target = _target(args, here, installation, next(pages(connection, log, found), []), log)
        if wanted.after < (floor := oldest(connection)) and wanted.call is None:
            note(f"Events up to position {floor} have been dropped, but for those of calls that lived then.")
        if args.dry_run:
            with progress("reading", found.upto - found.after) as bar:
                planned = plan(
                    pages(connection, log, found),
                    Pace(SPEEDS[args.speed], args.idle),
                    lambda position: bar(position - found.after),
                )
            return _say_plan(args, planned, target.where)
        _record(args, here, wanted, target.where)
        return asyncio.run(
            _play(args, pages(connection, log, found), target, installation, found.upto - found.after, found.after)
        )


def _selection(args: argparse.Namespace, head: int, installation: "UUID") -> "Selection":
    from datetime import UTC, datetime

    from api.replay.selection import Selection
    from api.streams.subscription import RAW, topic_of
    from api.words.when import instant, zone
    from core.cursor import position

    def micros(text: str | None, name: str) -> int | None:
        if text is None:
            return None
        moment = instant(text, zone(args.time_zone), datetime.now(UTC), name)
        return int(moment.timestamp()) * 1_000_000 + moment.microsecond

    after = 0
    if args.after is not None:
        digits = args.after.isascii() and args.after.isdigit() and len(args.after) <= 18
        after = int(args.after) if digits else position("switch", installation, args.after)
    names = [name.strip() for name in (args.types or "").split(",") if name.strip()]
    return Selection(
        after=after,
        upto=head,
        since=micros(args.since, "--from"),
        until=micros(args.until, "--until"),
        topics=tuple(topic_of(name) if name.startswith(RAW) else name for name in names),
        call=args.call,
        own=args.to[0] != "erlang-node",
    )


def _target(
    args: argparse.Namespace, here: "Site", installation: "UUID", first: "list[SwitchEvent]", log: "EventLog"
) -> "Target":

    from api.replay.erlang import Erlang
    from api.replay.targets import File, Http, Lines

    match args.to:
        case ["stdout"]:
            if args.form == "terms":
                raise BadArgument("--as terms: terms go to a file or to an Erlang node.")
            return Lines(out(), installation)
        case ["file", path]:
            lines = args.form == "events"
            return File(Path(path), installation, lines=lines, go_on=args.after is not None or args.dry_run)
        case ["http", url]:
            headers = dict(item.partition(":")[::2] for item in args.header)
            return Http(url, installation, {name.strip(): value.strip() for name, value in headers.items()})
        case ["erlang-node", peer] if all(peer.partition("@")):
            name = args.node or f"replay@{here.settings.node.partition('@')[2]}"
            return Erlang(
                name,
                _cookie(args, here),
                peer,
                args.process,
                core_uuid=log.core_of(first[0].run)[0] if first else "",
                began=first[0].occurred_at if first else 0,
                encoding=here.settings.encoding,
                address=here.settings.erlang_host,
            )
        case _:
            raise BadArgument(f"--to: {' '.join(args.to)!r} is no target: give one of {TARGETS}.")


def _cookie(args: argparse.Namespace, here: "Site") -> str:
    cookie = here.settings.cookie
    if args.cookie_file is not None:
        try:
            cookie = args.cookie_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise BadArgument(f"--cookie-file: {args.cookie_file} cannot be read: {problem}.") from None
    if not cookie:
        raise BadArgument("An Erlang node needs a cookie: give --cookie-file, or the setting cookie.")
    return cookie


def _record(args: argparse.Namespace, here: "Site", wanted: "Selection", where: str) -> None:
    import msgspec

    from api.access.principal import OPERATOR
    from core.operating import record_action

    details = msgspec.to_builtins(wanted) | {"speed": args.speed}
    record_action(here.dsn, "replay", OPERATOR.name, where, details=details)


def _say_plan(args: argparse.Namespace, planned: "Plan", where: str) -> int:
    import msgspec

    from projections.callflow.document import instant_text

    first, last = (None if at is None else instant_text(at) for at in (planned.first_at, planned.last_at))
    if args.json:
        emit(msgspec.to_builtins(planned) | {"first_at": first, "last_at": last, "to": where, "dry_run": True})
    elif planned.events == 0:
        say(f"There is nothing to send to {where}.")
    else:
        size = f"{planned.bytes / 1e6:,.1f} MB" if planned.bytes >= 1e6 else f"{planned.bytes / 1e3:,.1f} kB"
        say(f"Would send {planned.events} events ({size} as terms) to {where}.")
        say(f"They happened from {first} to {last}, and stand from position {planned.first} to {planned.last}.")
        say("All at once." if args.speed == "max" else f"It takes {planned.seconds:,.1f} s at speed {args.speed}.")
    return OK


async def _play(
    args: argparse.Namespace, events: Any, target: "Target", installation: "UUID", total: int, after: int
) -> int:
    import asyncio
    import signal

    import msgspec

    from api.replay.pace import SPEEDS, Pace
    from api.replay.run import Replayed
    from api.replay.run import replay as run
    from core.cursor import cursor
    from core.errors import HarmonyError

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    done = Replayed(0, after, False)
    trouble: HarmonyError | None = None
    with progress("replaying", total) as bar:

        def advance(now: "Replayed") -> None:
            nonlocal done
            done = now
            bar(now.position - after)

        if target.waits_for:
            note(f"Now waiting until {target.waits_for}.")
        try:
            if await _started(target, stop):
                behind = lambda position: cursor("switch", installation, position)  # noqa: E731
                done = await run(events, Pace(SPEEDS[args.speed], args.idle), target, behind, stop, advance)
        except HarmonyError as problem:
            trouble = problem
        finally:
            await target.stop()
    place = cursor("switch", installation, done.position)
    if args.json and args.to != ["stdout"]:
        emit(msgspec.to_builtins(done) | {"cursor": place, "to": target.where})
    elif done.complete:
        note(f"{done.events} events sent to {target.where}.")
    if trouble is not None:
        note(f"{done.events} events were sent; go on with --after {place}")
        raise trouble
    if not done.complete:
        note(f"Stopped behind {done.events} events, at position {done.position}; go on with --after {place}")
        return FAILED
    return OK


async def _started(target: "Target", stop: Any) -> bool:
    """Start the target, which may wait for somebody; False when we were told to stop meanwhile."""
    import asyncio

    starting, ending = asyncio.ensure_future(target.start()), asyncio.ensure_future(stop.wait())
    await asyncio.wait([starting, ending], return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return False
