"""`harmony phones`: the phones of a company, and the secret addresses by which they fetch their settings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from api.cli.console import emit, json_option, note, say, table
from api.errors import OK, BadArgument, NotFound

if TYPE_CHECKING:
    import psycopg

    from api.site import Site
    from core.registry import Registry
    from core.registry.entries import Phone


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("phones", help="addresses by which phones fetch their settings: list, secret, revoke")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("list", help="the phones of a company, and whether they fetched their settings")
    parser.add_argument("domain", metavar="DOMAIN", help="a company, such as alpha.example")
    json_option(parser)
    parser.set_defaults(run=list_)

    parser = verbs.add_parser("secret", help="make the address to give to a phone, and print it, this once")
    parser.add_argument("mac", metavar="MAC", help="of the phone, in any writing")
    parser.add_argument("--days", type=int, default=7, metavar="N", help="it waits so long for the phone (7)")
    json_option(parser)
    parser.set_defaults(run=secret)

    parser = verbs.add_parser("revoke", help="end the addresses of a phone: it can fetch nothing any more")
    parser.add_argument("mac", metavar="MAC", help="of the phone, in any writing")
    json_option(parser)
    parser.set_defaults(run=revoke)


def list_(args: argparse.Namespace) -> int:
    from api.provision.secrets import states

    registry = _registry()
    company = registry.companies.get(args.domain.lower())
    if company is None:
        raise NotFound(f"The registry has no company {args.domain!r}: `harmony registry show` lists them.")
    phones = sorted(company.phones.values(), key=lambda one: one.mac)
    with _database() as (_, connection):
        known = states(connection, [one.mac for one in phones])
    rows: list[dict[str, Any]] = []
    for phone in phones:
        state = known.get(phone.mac)
        rows.append(
            {
                "mac": phone.mac,
                "vendor": phone.vendor,
                "model": phone.model,
                "lines": list(phone.lines),
                "fetched_at": None if state is None else state.fetched_at,
                "address_until": None if state is None else state.expires_at,
            }
        )
    if args.json:
        emit({"domain": company.domain, "phones": rows})
        return OK
    table(
        ("MAC", "VENDOR", "MODEL", "LINES", "FETCHED", "ADDRESS GOOD UNTIL"),
        [
            (r["mac"], r["vendor"], r["model"], ", ".join(r["lines"]), _day(r["fetched_at"]), _day(r["address_until"]))
            for r in rows
        ],
    )
    return OK


def _day(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M")


def secret(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.provision.addresses import base_of
    from api.provision.files import first_name
    from api.provision.secrets import make

    if not 1 <= args.days <= 3650:
        raise BadArgument("--days is a number from 1 to 3650.")
    registry = _registry()
    phone = _phone(registry, args.mac)
    with _database() as (here, connection):
        made = make(connection, phone.mac, phone.tenant, OPERATOR.name, timedelta(days=args.days))
        base = base_of(here.settings)
    address = f"{base}/provision/{made}/{first_name(phone)}"
    if args.json:
        emit({"mac": phone.mac, "tenant": phone.tenant, "vendor": phone.vendor, "address": address, "days": args.days})
        return OK
    say(address)
    note(
        f"Give this to the {phone.vendor} {phone.mac} of {phone.tenant} within {args.days} days; it is shown this once."
    )
    if not address.startswith("https://"):
        note(
            "Settings hold passwords, and everybody on the way can read http://: set provision_url to an https:// one."
        )
    return OK


def revoke(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.provision.files import normal
    from api.provision.secrets import revoke as end

    mac = normal(args.mac)
    if not mac:
        raise BadArgument(f"{args.mac[:60]!r} is no MAC address: write twelve hexadecimal digits.")
    found = _registry().phone(mac)
    with _database() as (_, connection):
        gone = end(connection, mac, None if found is None else found.tenant, OPERATOR.name)
    if args.json:
        emit({"mac": mac, "ended": gone})
    else:
        say(f"{mac} can fetch nothing any more." if gone else f"{mac} had no address that it could fetch by.")
    return OK


def _phone(registry: Registry, given: str) -> Phone:
    from api.provision.files import normal

    found = registry.phone(normal(given))
    if found is None:
        raise NotFound(f"The registry has no phone {given[:60]!r}: `harmony phones list DOMAIN` lists them.")
    return found


def _registry() -> Registry:
    from core.registry import Registry, reader
    from core.registry.sources import source_of
    from core.settings import load

    source = source_of(load())
    try:
        entries, _ = reader.read(source.read().values())
    finally:
        source.close()
    return Registry.of(entries)


@contextmanager
def _database() -> Iterator[tuple[Site, psycopg.Connection[Any]]]:
    from api.site import site
    from core.log.driver import connect

    with site() as here, connect(here.dsn, "harmony phones") as connection:
        yield here, connection
