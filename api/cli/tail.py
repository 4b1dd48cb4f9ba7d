"""`harmony events tail`: either log as it grows, from any point on, filtered; for people a line an event, or JSON."""

import argparse
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from api.cli.console import emit, emit_raw, json_option, say
from api.cli.event_fields import instant, short
from api.errors import OK, BadArgument
from api.words.text import harmless
from core.numbers import number

if TYPE_CHECKING:
    from api.streams.calls_source import CallsSource
    from api.streams.pieces import Entry
    from api.streams.subscription import Subscription
    from api.streams.switch_source import SwitchSource

    Source = CallsSource | SwitchSource

FURTHER = 8
"""times as far back for the last events, each time that too few were found"""
CHANNELS = {"calls": "harmony_calls", "switch": "harmony_log"}


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("tail", help="show events as they are stored: raw ones, or those published of calls")
    parser.add_argument(
        "--log", choices=list(CHANNELS), default="switch", help="raw events of switches (the default), or calls"
    )
    parser.add_argument(
        "--after", metavar="START", help="begin behind this: a position, a cursor, beginning, now, or a time"
    )
    parser.add_argument("-n", "--lines", type=int, default=10, metavar="N", help="begin N of these events back (10)")
    parser.add_argument("--upto", type=int, metavar="POSITION", help="end with this position")
    parser.add_argument("--once", action="store_true", help="stop at the end of the log instead of waiting")
    parser.add_argument(
        "--topic",
        action="append",
        metavar="TOPIC",
        help="only this topic, such as CHANNEL_ANSWER (repeatable)",
    )
    parser.add_argument("--types", metavar="TYPES", help="only these types, with commas between: call.answered,queue.*")
    parser.add_argument("--call", metavar="ID", help="only of this call (raw log: of this leg)")
    parser.add_argument("--party", metavar="PARTY", help="only of this party or user (log calls)")
    parser.add_argument("--queue", metavar="QUEUE", help="only of this queue (log calls)")
    parser.add_argument("--direction", metavar="DIRECTION", help="internal, inbound or outbound (log calls)")
    json_option(parser)
    parser.set_defaults(run=tail)


def tail(args: argparse.Namespace) -> int:
    from api.site import site
    from api.streams.sources import open_source

    subscription = _subscription(args)
    with site() as here, closing(open_source(here.dsn, subscription.log)) as source:
        after = _show_new(source, subscription, args, _start(source, subscription, args))
        if not args.once:
            with suppress(KeyboardInterrupt):
                _follow(source, here.dsn, subscription, args, after)
    return OK


def _subscription(args: argparse.Namespace) -> "Subscription":
    from api.streams.subscription import subscription_of, type_of

    given = {name: value for name in ("log", "call", "party", "queue", "direction") if (value := getattr(args, name))}
    types = [args.types] if args.types else []
    if args.topic:
        if args.log != "switch":
            raise BadArgument("--topic is for the raw log: use --types, such as call.answered.")
        types += [type_of(topic) for topic in args.topic]
    if types:
        given["types"] = ",".join(types)
    start = args.after or "now"
    return subscription_of(given, "now" if number(start) is not None else start)


def _start(source: "Source", subscription: "Subscription", args: argparse.Namespace) -> int:
    """The position to begin behind."""
    if args.after is None:
        return _back(source, subscription, int(args.lines))
    if (position := number(args.after)) is not None:
        return position
    match subscription.start.kind:
        case "beginning":
            return source.floor()
        case "now":
            return source.head()
        case "time":
            return source.position_at(subscription.start.instant)
        case "cursor":
            return source.position(subscription.start.cursor)


def _back(source: "Source", subscription: "Subscription", lines: int) -> int:
    """The position behind which the last so many events lie, of those that are asked for; looked for from the end."""
    wanted: Any = source.resolved(subscription.filter)  # type: ignore[arg-type]  # each log has filters of its own kind
    head, floor = source.head(), source.floor()
    span = lines
    while lines > 0 and head > floor:
        after = begin = max(floor, head - span)
        found: list[int] = []
        while after < head:
            page = source.read(after, wanted, head)
            found += [entry.position for entry in page.entries]
            after = page.reached
        if len(found) >= lines:
            return found[-lines] - 1
        if begin == floor:
            return floor
        span *= FURTHER
    return head


def _show_new(source: "Source", subscription: "Subscription", args: argparse.Namespace, after: int) -> int:
    """Show what is there behind a position; the position up to which all was seen."""
    wanted: Any = source.resolved(subscription.filter)  # type: ignore[arg-type]  # each log has filters of its own kind
    head = source.head()
    end = head if args.upto is None else min(head, args.upto)
    while after < end:
        page = source.read(after, wanted, end)
        for entry in page.entries:
            _show(entry, subscription, args.json)
        sys.stdout.flush()
        after = page.reached
    return after


def _follow(source: "Source", dsn: str, subscription: "Subscription", args: argparse.Namespace, after: int) -> None:
    """Go on until interrupted, or until the last position asked for; a notification is only a hint to look."""
    from api.cli.tail_follower import TailFollower

    def show(place: int) -> int:
        return _show_new(source, subscription, args, place)

    TailFollower(dsn, CHANNELS[subscription.log], show, after, args.upto).follow()


def _show(entry: "Entry", subscription: "Subscription", as_json: bool) -> None:
    if subscription.log == "calls":
        if as_json:
            emit_raw(entry.json)
        else:
            _say_call_event(entry)
        return

    event = entry.event
    if as_json:
        emit(short(event))
    else:
        say(
            f"{event.position:>10}  {instant(event.occurred_at)}  {harmless(event.topic):<32}  "
            f"{harmless(event.leg or '-'):<36}  {harmless(event.switch)}"
        )


def _say_call_event(entry: "Entry") -> None:
    from projections.published.envelope import data

    event = entry.event
    say(
        f"{event.position:>10}  {instant(event.occurred_at)}  {event.type:<22}  {harmless(event.subject):<36}  "
        f"{harmless(event.tenant or '-'):<16}  {harmless(data(event).decode())}"
    )
