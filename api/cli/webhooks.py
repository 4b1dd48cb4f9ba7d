"""`harmony webhooks`: who is told of events, how it went, and what to do about it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.cli.console import emit_raw, json_option, paint, say, table
from api.errors import OK, BadArgument
from api.words.text import harmless

if TYPE_CHECKING:
    import psycopg

    from api.hooks.endpoint import Webhook
    from api.site import Site

DIRECTIONS = ("internal", "inbound", "outbound")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("webhooks", help="who is told of events: list, create, test, deliveries, resend, ...")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("list", help="all webhooks with what is waiting for them")
    json_option(parser)
    parser.set_defaults(run=list_)

    parser = verbs.add_parser("create", help="make a webhook and print its secret, this once")
    parser.add_argument("url", metavar="URL", help="where the events go: https://example.com/path")
    _filter(parser)
    parser.add_argument("--tenant", metavar="COMPANY", help="events of this company only, and its own to see")
    parser.add_argument("--after", default="now", metavar="WHERE", help="begin behind now, beginning, a cursor, a time")
    json_option(parser)
    parser.set_defaults(run=create)

    for name, run, says in (
        ("show", show, "one webhook"),
        ("enable", enable, "go on with a disabled webhook, where it was disabled"),
        ("disable", disable, "send nothing until it is enabled again; what happens meanwhile is sent then"),
        ("delete", delete, "remove a webhook with all that was still to be sent to it"),
        ("test", test, "send a test event (webhook.test)"),
    ):
        parser = _of_one(verbs, name, says)
        parser.set_defaults(run=run)

    parser = _of_one(verbs, "change", "change the URL, the description or the filter; what is not given stays")
    parser.add_argument("--url", metavar="URL", help="where the events go from now on")
    _filter(parser)
    parser.add_argument("--after", metavar="WHERE", help="go on behind now, beginning, a cursor, a time")
    parser.set_defaults(run=change)

    parser = _of_one(
        verbs, "rotate", "make a new secret and print it, this once; the former one signs as well for a while"
    )
    parser.add_argument("--overlap", type=int, metavar="HOURS", help="for so long (0: the former one ends at once)")
    parser.set_defaults(run=rotate)

    parser = _of_one(verbs, "deliveries", "what was sent and what became of it, the newest first")
    parser.add_argument("delivery", nargs="?", type=int, metavar="DELIVERY", help="only this one, with every attempt")
    parser.add_argument("--state", choices=("pending", "delivered", "dead"), help="only these")
    _range(parser)
    parser.add_argument("-n", "--limit", type=int, default=50, metavar="N", help="so many at most (50)")
    parser.set_defaults(run=deliveries)

    parser = _of_one(verbs, "resend", "send deliveries again: those that are named, or a range")
    parser.add_argument("deliveries", nargs="*", type=int, metavar="DELIVERY", help="ids of deliveries")
    parser.add_argument("--event", action="append", metavar="ID", help="the id of an event (repeatable)")
    _range(parser)
    parser.add_argument(
        "--state", action="append", choices=("delivered", "dead"), help="of a range: only these (dead ones; repeatable)"
    )
    parser.set_defaults(run=resend)


def _of_one(verbs: Any, name: str, says: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=says)
    parser.add_argument("webhook", metavar="WEBHOOK", help="its id")
    json_option(parser)
    return parser


def _filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--types", metavar="TYPES", help="only these, with commas between: call.answered, or call.*")
    parser.add_argument("--call", metavar="ID", help="only events of this call")
    parser.add_argument("--party", metavar="PARTY", help="only of calls of this party or user")
    parser.add_argument("--queue", metavar="QUEUE", help="only of calls in this queue, and of the queue itself")
    parser.add_argument("--direction", choices=DIRECTIONS, help="only of calls of this direction")
    parser.add_argument("--description", metavar="TEXT", help="for people")


def _range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="TIME", help="planned at or after this time (2026-11-23T08:51, 2h)")
    parser.add_argument("--until", metavar="TIME", help="planned before this time")


@contextmanager
def _open() -> Iterator[tuple["Site", "psycopg.Connection[Any]"]]:
    import psycopg

    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        yield here, connection


def _id(args: argparse.Namespace) -> UUID:
    try:
        return UUID(args.webhook)
    except ValueError:
        raise BadArgument(f"{args.webhook!r} is no id of a webhook: `harmony webhooks list` shows them.") from None


def _asked(args: argparse.Namespace) -> dict[str, Any]:
    """What of the filter and the rest was given."""
    names = ("call", "party", "queue", "direction", "description", "after", "url", "tenant")
    given = {name: getattr(args, name, None) for name in names}
    asked = {name: value for name, value in given.items() if value is not None}
    if args.types is not None:
        asked["types"] = [name.strip() for name in args.types.split(",")] if args.types else []
    return asked


def _print(args: argparse.Namespace, value: object) -> bool:
    """As JSON when that was asked for."""
    import msgspec

    if args.json:
        emit_raw(msgspec.json.encode(value))
    return bool(args.json)


def _show(webhook: "Webhook") -> None:
    state = webhook.state if webhook.reason is None else f"{webhook.state}: {webhook.reason}"
    say(f"webhook     {webhook.id}")
    say(f"url         {harmless(webhook.url)}")
    if webhook.description:
        say(f"description {harmless(webhook.description)}")
    say(f"of          {harmless(webhook.tenant) if webhook.tenant else 'the installation: events of all companies'}")
    if webhook.made_by:
        say(f"made by     {harmless(webhook.made_by)}, {webhook.made_at:%Y-%m-%d %H:%M:%S %Z}")
    for name in ("call", "party", "queue", "direction"):
        if value := getattr(webhook, name):
            say(f"{name:<11} {harmless(value)}")
    say(f"types       {', '.join(map(harmless, webhook.types)) or 'all'}")
    say(paint(f"state       {harmless(state)}", "green" if webhook.state == "enabled" else "yellow"))
    if webhook.failing_since:
        say(paint(f"failing     since {webhook.failing_since:%Y-%m-%d %H:%M:%S %Z}", "yellow"))
    if webhook.old_secret_until:
        say(f"old secret  signs until {webhook.old_secret_until:%Y-%m-%d %H:%M:%S %Z}")
    say(f"deliveries  {webhook.pending} pending, {webhook.dead} dead")


def list_(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import endpoints

    with _open() as (_, connection):
        found = endpoints.listed(connection, OPERATOR)
    if not _print(args, {"webhooks": found}):
        rows = [
            (w.id, w.tenant or "all", ",".join(w.types) or "all", w.state, w.pending, w.dead, w.made_by or "-", w.url)
            for w in found
        ]
        table(["WEBHOOK", "COMPANY", "TYPES", "STATE", "PENDING", "DEAD", "MADE BY", "URL"], rows)
    return OK


def create(args: argparse.Namespace) -> int:
    from api.access.companies import company, registry_now
    from api.access.principal import OPERATOR
    from api.hooks import endpoints, secrets
    from api.hooks.endpoint import NewWebhook
    from api.processes.delivery import policy

    with _open() as (here, connection):
        if args.tenant is not None:
            company(connection, registry_now(here.settings), args.tenant)
        found = secrets.opened(here.data, connection)
        made, secret = endpoints.create(connection, OPERATOR, NewWebhook(**_asked(args)), policy(here.settings), found)
    if not _print(args, {"webhook": made, "secret": secret}):
        _show(made)
        say(f"secret      {secret}  (shown this once)")
    return OK


def show(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import endpoints

    with _open() as (_, connection):
        found = endpoints.get(connection, OPERATOR, _id(args))
    if not _print(args, found):
        _show(found)
    return OK


def change(args: argparse.Namespace) -> int:
    return _change(args, _asked(args))


def enable(args: argparse.Namespace) -> int:
    return _change(args, {"state": "enabled"})


def disable(args: argparse.Namespace) -> int:
    return _change(args, {"state": "disabled"})


def _change(args: argparse.Namespace, asked: dict[str, Any]) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import endpoints
    from api.hooks.endpoint import WebhookChange
    from api.processes.delivery import policy

    # An empty text takes a condition of the filter away.
    cleared: dict[str, Any] = {k: None if v == "" and k in ("call", "party", "queue") else v for k, v in asked.items()}
    with _open() as (here, connection):
        allowed = policy(here.settings)
        changed = endpoints.change(connection, OPERATOR, _id(args), WebhookChange(**cleared), allowed)
    if not _print(args, changed):
        _show(changed)
    return OK


def delete(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import endpoints

    with _open() as (_, connection):
        endpoints.delete(connection, OPERATOR, _id(args))
    if not _print(args, {"deleted": args.webhook}):
        say(f"{args.webhook} is gone.")
    return OK


def test(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import deliveries as of

    with _open() as (_, connection):
        delivery = of.test(connection, OPERATOR, _id(args))
    if not _print(args, {"delivery": delivery}):
        shown = f"harmony webhooks deliveries {args.webhook} {delivery}"
        say(f"Planned as delivery {delivery}: `{shown}` shows what became of it.")
    return OK


def rotate(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import endpoints, secrets

    if args.overlap is not None and not 0 <= args.overlap <= 8760:
        raise BadArgument("--overlap is a number of hours from 0 to 8760.")
    with _open() as (here, connection):
        hours = here.settings.webhook_overlap if args.overlap is None else args.overlap
        found = secrets.opened(here.data, connection)
        rotated, secret = endpoints.rotate(connection, OPERATOR, _id(args), found, timedelta(hours=hours))
    if not _print(args, {"webhook": rotated, "secret": secret}):
        _show(rotated)
        say(f"secret      {secret}  (shown this once)")
    return OK


def deliveries(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import deliveries as of

    if not 1 <= args.limit <= of.MOST:
        raise BadArgument(f"--limit is a number from 1 to {of.MOST}.")
    with _open() as (_, connection):
        if args.delivery is not None:
            told = of.told(connection, OPERATOR, _id(args), args.delivery)
            if not _print(args, told):
                d = told.delivery
                say(f"{d.id}: {harmless(d.type)} {harmless(d.event_id)}, {d.state}")
                table(
                    ["ATTEMPT", "AT", "STATUS", "MS", "ERROR", "ANSWER"],
                    [(a.number, f"{a.at:%Y-%m-%d %H:%M:%S}", a.status, a.ms, a.error, a.answer) for a in told.attempts],
                )
            return OK
        found = of.listed(
            connection, OPERATOR, _id(args), args.state, _time(args, "since"), _time(args, "until"), args.limit
        )
    if not _print(args, {"deliveries": found}):
        rows = [
            (
                d.id,
                f"{d.planned_at:%Y-%m-%d %H:%M:%S}",
                d.type,
                d.subject,
                d.state,
                d.attempts,
                d.last_status,
                d.last_error,
            )
            for d in found
        ]
        table(["DELIVERY", "PLANNED", "TYPE", "SUBJECT", "STATE", "ATTEMPTS", "STATUS", "ERROR"], rows)
    return OK


def resend(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.hooks import deliveries as of

    again = of.Resend(
        deliveries=args.deliveries or None,
        events=args.event,
        since=_time(args, "since"),
        until=_time(args, "until"),
        states=args.state,
    )
    with _open() as (_, connection):
        count = of.resend(connection, OPERATOR, _id(args), again)
    if not _print(args, {"events": count}):
        say(f"{count} events are sent again.")
    return OK


def _time(args: argparse.Namespace, name: str) -> datetime | None:
    from api.words.when import instant

    text = getattr(args, name)
    return None if text is None else instant(text, UTC, datetime.now(UTC), name)
