"""`harmony people`: the people of the companies, and what their phones do, now or then."""

from __future__ import annotations

import argparse
from typing import Any

from api.cli.console import emit_raw, json_option, table
from api.errors import OK


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("people", help="the people of a company, and what their phones do")
    parser.add_argument("--tenant", help="of this company")
    parser.add_argument(
        "--at", metavar="WHEN", help="as they were: a time, a position of the switch log, or the cursor of an event"
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="IANA time zone of a time without an offset (UTC)")
    json_option(parser)
    parser.set_defaults(run=people)


def people(args: argparse.Namespace) -> int:
    import json

    import psycopg

    from api.access.companies import company, registry_now
    from api.people.roster import Look
    from api.people.then import people_now, people_then
    from api.site import site
    from api.words.when import zone

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        registry = registry_now(here.settings)
        tenant = None if args.tenant is None else company(connection, registry, args.tenant)
        look = Look(tenant)
        if args.at is None:
            found = people_now(connection, registry, look)
        else:
            found = people_then(connection, args.at, registry, look, zone(args.time_zone))
    if args.json:
        emit_raw(b'{"position":%d,"people":[%b]}' % (found.position, b",".join(found.documents)))
        return OK
    table(
        ("NUMBER", "NAME", "STATE", "SINCE", "WITH", "GROUPS", "USER"),
        [_row(json.loads(one)) for one in found.documents],
    )
    return OK


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    others = ", ".join(peer.get("name") or peer["party"] for peer in one.get("with", ()))
    since = one.get("since")
    return (
        one["number"],
        one["name"],
        one["state"].replace("_", " "),
        None if since is None else since[:19].replace("T", " "),
        others or one.get("forwarded_to"),
        ", ".join(one.get("groups", ())) or None,
        one["user"],
    )
