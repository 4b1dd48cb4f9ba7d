"""`harmony parked`: list, show, retry, skip. The events that could not be used, and what becomes of them."""

import argparse

from api.cli.console import emit, json_option, note, paint, say, table
from api.errors import DEGRADED, OK, BadArgument
from api.words.text import harmless

STATES = ("waiting", "retried", "skipped", "all")
LINES = 100


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("parked", help="events that could not be used: list, show, retry, skip")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("list", help="what is put aside, and why")
    parser.add_argument("--state", choices=STATES, default="waiting", help="those that wait (the default), or others")
    parser.add_argument("--part", metavar="PART", help="parked by this part only: log, calls")
    parser.add_argument("--after", type=int, default=0, metavar="ID", help="begin behind this one")
    parser.add_argument("-n", "--limit", type=int, default=LINES, metavar="N", help=f"at most so many ({LINES})")
    json_option(parser)
    parser.set_defaults(run=list_)

    parser = verbs.add_parser("show", help="one of them: its headers as far as they can be read, and its bytes")
    parser.add_argument("id", type=int, metavar="ID")
    json_option(parser)
    parser.set_defaults(run=show)

    parser = verbs.add_parser("retry", help="use them again (exit code 3: some are still parked)")
    parser.add_argument("ids", type=int, nargs="*", metavar="ID")
    parser.add_argument("--all", action="store_true", help="all that wait")
    json_option(parser)
    parser.set_defaults(run=retry)

    parser = verbs.add_parser("skip", help="decide to do without one; its bytes are kept")
    parser.add_argument("id", type=int, metavar="ID")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why, for those who read it later")
    json_option(parser)
    parser.set_defaults(run=skip)


def list_(args: argparse.Namespace) -> int:
    from api.operations.parked_documents import summary
    from api.site import site
    from core.log import parked
    from core.log.driver import connect

    if args.limit < 1:
        raise BadArgument("--limit counts from 1.")
    with site() as here, connect(here.dsn) as connection:
        state = None if args.state == "all" else args.state
        found = parked.listed(connection, state, args.part, args.after, args.limit)
    rows = [summary(one) for one in found]
    if args.json:
        emit({"parked": rows})
        return OK
    if not rows:
        say("No event is parked." if args.state in ("waiting", "all") else f"No event is {args.state}.")
        return OK
    shown = ("id", "state", "part", "switch", "position", "parked_at", "attempts", "code", "reason")
    table(["id", "state", "part", "switch", "position", "parked at", "tries", "code", "reason"],
          [[row[name] for name in shown] for row in rows])  # fmt: skip
    if len(rows) == args.limit:
        note(f"There may be more: --after {rows[-1]['id']} goes on.")
    return OK


def show(args: argparse.Namespace) -> int:
    from api.operations.parked_decisions import find
    from api.operations.parked_documents import dump, whole
    from api.site import site
    from core.log.driver import connect

    with site() as here, connect(here.dsn) as connection:
        found = find(connection, args.id)
    document = whole(found)
    if args.json:
        emit(document)
        return OK
    headers = document.pop("headers")
    del document["content_base64"]
    for name, value in document.items():
        if value is not None:
            say(f"{paint(f'{name:<16}', 'dim')} {harmless(value)}")
    if headers:
        say()
        for header in headers:
            say(f"{harmless(header['name'])}: {harmless(header['value'])}")
    say()
    for line in dump(found.content, document["stopped_at"] if headers or found.at_offset is not None else None):
        say(line)
    return OK


def retry(args: argparse.Namespace) -> int:
    import msgspec

    from api.access.principal import OPERATOR
    from api.operations.parked_decisions import retry as use_again
    from api.site import site
    from core.log import parked
    from core.log.driver import connect

    if args.all == bool(args.ids):
        raise BadArgument("Name the events to retry by their ids, or all that wait with --all.")
    results = []
    with site() as here:
        ids = args.ids
        if args.all:
            with connect(here.dsn) as connection:
                ids = [one.parked_id for one in parked.listed(connection, limit=1_000_000)]
        for parked_id in ids:
            done = use_again(here.dsn, parked_id, OPERATOR.name, here.settings.dtmf)
            results.append(done)
            if not args.json:
                colour = "yellow" if done.result == "still_parked" else "green"
                say(f"{parked_id}  {paint(done.result.replace('_', ' '), colour)}: {harmless(done.says)}")
    if args.json:
        emit({"retried": msgspec.to_builtins(results)})
    elif not results:
        say("No event is parked.")
    return DEGRADED if any(done.result == "still_parked" for done in results) else OK


def skip(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.operations.parked_decisions import skip as do_without
    from api.operations.parked_documents import summary
    from api.site import site

    with site() as here:
        found = do_without(here.dsn, args.id, OPERATOR.name, args.reason)
    if args.json:
        emit(summary(found))
    else:
        say(f"Parked event {args.id} is skipped; its bytes are kept.")
    return OK
