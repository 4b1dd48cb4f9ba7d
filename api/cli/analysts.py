"""`harmony analysts`: add, list, remove. Accounts of the database that see one company's calls, in the views of cdr."""

import argparse

from api.cli.console import emit_raw, json_option, note, say, table
from api.errors import OK
from api.words.text import harmless


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("analysts", help="accounts of the database for questions: add, list, remove")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("add", help="make an account, whose password is shown this once")
    parser.add_argument("company", metavar="DOMAIN", help="the company whose calls it sees; all: those of all")
    parser.add_argument("name", metavar="NAME", help="for whom it is")
    json_option(parser)
    parser.set_defaults(run=add_)

    parser = verbs.add_parser("list", help="the accounts that there are")
    json_option(parser)
    parser.set_defaults(run=list_)

    parser = verbs.add_parser("remove", help="remove an account and end its sessions")
    parser.add_argument("name", metavar="NAME", help="its name, or that of its role")
    json_option(parser)
    parser.set_defaults(run=remove)


def add_(args: argparse.Namespace) -> int:
    import msgspec
    import psycopg
    from psycopg.conninfo import make_conninfo

    from api.access import analysts
    from api.access.companies import company, registry_now
    from api.access.principal import OPERATOR
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        if args.company != analysts.ALL:
            company(connection, registry_now(here.settings), args.company)
        made, password = analysts.add(connection, OPERATOR.name, args.company, args.name)
        open_ = analysts.open_doors(connection)
        info = connection.info
        dsn = make_conninfo(host=info.host, port=info.port, dbname=info.dbname, user=made.role)
    if args.json:
        emit_raw(msgspec.json.encode({"analyst": made, "password": password, "dsn": dsn}))
        return OK
    say(f"account   {made.role}")
    say(f"password  {password}")
    say(f"sees      {harmless(made.company) if made.company else 'the calls of all companies'}")
    say(f'connect   psql "{harmless(dsn)}"')
    note("The password is shown this once.")
    for door in open_:
        note(door)
    return OK


def list_(args: argparse.Namespace) -> int:
    import msgspec
    import psycopg

    from api.access import analysts
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        found = analysts.listed(connection)
    if args.json:
        emit_raw(msgspec.json.encode({"analysts": found}))
    elif not found:
        say("There are no analysts: `harmony analysts add` makes their accounts.")
    else:
        rows = [(a.name, a.company or "all", a.role, f"{a.made_at:%Y-%m-%d %H:%M}", a.made_by) for a in found]
        table(["NAME", "COMPANY", "ACCOUNT", "MADE", "BY"], rows)
    return OK


def remove(args: argparse.Namespace) -> int:
    import msgspec
    import psycopg

    from api.access import analysts
    from api.access.principal import OPERATOR
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        gone = analysts.remove(connection, OPERATOR.name, args.name)
    if args.json:
        emit_raw(msgspec.json.encode({"removed": gone}))
    else:
        say(f"The account {gone.role} of {harmless(gone.name)} is gone.")
    return OK
