"""`harmony operations list`: what operators did, newest first, as the log has it."""

import argparse

from api.cli.console import emit, json_option, note, say, table
from api.errors import OK, BadArgument

LINES = 50


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("operations", help="what operators did: retries, drops, replays, imports, ...")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("list", help="newest first")
    parser.add_argument("-n", "--limit", type=int, default=LINES, metavar="N", help=f"at most so many ({LINES})")
    parser.add_argument("--before", type=int, metavar="POSITION", help="only what was done before this position")
    parser.add_argument("--action", metavar="ACTION", help="only this action, such as parked.skip or parked.*")
    parser.add_argument("--by", metavar="NAME", help="only by this operator")
    json_option(parser)
    parser.set_defaults(run=list_)


def list_(args: argparse.Namespace) -> int:
    from api.operations.operations_documents import document
    from api.site import site
    from core.log.driver import connect
    from core.log.operations import LAST, operations

    if args.limit < 1:
        raise BadArgument("--limit counts from 1.")
    with site() as here, connect(here.dsn) as connection:
        before = LAST if args.before is None else args.before
        found = operations(connection, before, args.limit, args.action, args.by)
    documents = [document(one) for one in found]
    if args.json:
        emit({"operations": documents})
        return OK
    if not documents:
        chosen = args.action or args.by or args.before
        say("Nothing like that was done: leave the filters out to see what was." if chosen else "Nothing was done.")
        return OK
    names = ("position", "at", "action", "by", "subject", "reason")
    table(names, [[one[name] or None for name in names] for one in documents])
    if len(documents) == args.limit:
        note(f"There may be more: --before {documents[-1]['position']} goes on.")
    return OK
