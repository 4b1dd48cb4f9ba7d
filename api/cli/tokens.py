"""`harmony tokens`: make, list, revoke. The keys of programs and companies; a token is shown once."""

import argparse
from typing import TYPE_CHECKING

from api.cli.console import emit_raw, json_option, note, paint, say, table
from api.errors import OK
from api.words.text import harmless

if TYPE_CHECKING:
    from api.access.token import Token
    from core.registry import Registry

SCOPES = ("read", "subscribe", "control", "operate")
ROLES = ("user", "supervisor", "company-admin", "operator")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("tokens", help="access tokens of companies and programs: make, list, revoke")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("make", help="make a token, which is shown this once")
    parser.add_argument("name", metavar="NAME", help="whose it is, as recorded with what its bearer does")
    parser.add_argument("--tenant", metavar="DOMAIN", help="a company, to which it is limited; without: all companies")
    parser.add_argument(
        "--user", metavar="USER", help="a user, 1001@alpha.example, whose calls and phone alone it is for"
    )
    parser.add_argument(
        "--role", choices=ROLES, metavar="ROLE", help=f"at most this, whatever the user is: {', '.join(ROLES)}"
    )
    parser.add_argument(
        "--scope", action="append", choices=SCOPES, metavar="SCOPE", help=f"{', '.join(SCOPES)} (read, subscribe)"
    )
    parser.add_argument("--days", type=int, metavar="N", help="good for so many days (for ever)")
    json_option(parser)
    parser.set_defaults(run=make)

    parser = verbs.add_parser("list", help="the good tokens and logins, never the tokens themselves")
    parser.add_argument("--all", action="store_true", help="also those that expired or were revoked")
    json_option(parser)
    parser.set_defaults(run=list_)

    parser = verbs.add_parser("revoke", help="end a token, or the logins of a user, with all streams that they opened")
    parser.add_argument("which", metavar="NAME", help="its name or id; a user such as 1001@alpha.example")
    json_option(parser)
    parser.set_defaults(run=revoke)


def make(args: argparse.Namespace) -> int:
    import msgspec
    import psycopg

    from api.access import store
    from api.access.companies import company, registry_now, user
    from api.access.principal import OPERATOR
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        registry = registry_now(here.settings)
        if args.tenant is not None:
            company(connection, registry, args.tenant)
        if args.user is not None and "@" in args.user:  # what is no user's name at all is refused below
            user(registry, args.user)
        made, text = store.make(
            connection,
            OPERATOR.name,
            args.name,
            args.tenant,
            args.scope or (),
            args.days,
            args.user,
            args.role,
            here.settings.company_tokens,
        )
    if args.json:
        emit_raw(msgspec.json.encode({"token": text, "made": made}))
        return OK
    say(text)
    until = f"until {made.expires_at:%Y-%m-%d %H:%M %Z}" if made.expires_at else "until it is revoked"
    whose = harmless(made.tenant) if made.tenant else "all companies"
    if made.user is not None:
        whose = f"the user {harmless(made.user)}, {_role(made, registry)}"
    elif made.tenant is not None:
        whose = f"all of {whose}, as its admin"
    note(f"The token {made.name}: {', '.join(made.scopes)} for {whose}, {until}. It is shown this once.")
    return OK


def _role_now(one: "Token", registry: "Registry") -> str | None:
    """What the bearer of a token is now; None: nothing at all, or the registry is not known."""
    from core.roles import standing

    if one.user is None:
        return "company-admin" if one.tenant else "operator"
    name, _, domain = one.user.partition("@")
    found = standing(registry, domain, name, one.role or "operator")
    return None if found is None else found.role


def _role(one: "Token", registry: "Registry") -> str:
    """The same for people, with what bounds it where that makes a difference."""
    now = _role_now(one, registry)
    bound = f"{one.role} at most" if one.role else "as the registry says"
    if one.user is None or now == one.role:
        return str(now)
    if now is None:
        return "none: no user now" if registry.companies else bound
    return f"{now} ({bound})"


def list_(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    import msgspec
    import psycopg

    from api.access import store
    from api.access.companies import registry_now
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        found = store.listed(connection, args.all)
        registry = registry_now(here.settings)
    now = datetime.now(UTC)
    if args.json:
        told = [msgspec.structs.asdict(t) | {"state": t.state(now), "role_now": _role_now(t, registry)} for t in found]
        emit_raw(msgspec.json.encode({"tokens": told}))
        return OK
    if not found:
        say("There are no tokens but that of `harmony run`: `harmony tokens make` makes them.")
        return OK
    shown = "%Y-%m-%d %H:%M"
    rows = [
        (
            t.name,
            t.tenant or "all",
            t.user or "all",
            _role(t, registry),
            ",".join(t.scopes),
            t.kind,
            t.state(now),
            f"{t.made_at:{shown}}",
            f"{t.expires_at:{shown}}" if t.expires_at else "never",
            f"{t.last_used_at:{shown}}" if t.last_used_at else None,
            t.token_id,
        )
        for t in found
    ]
    table(["NAME", "COMPANY", "USER", "ROLE", "SCOPES", "KIND", "STATE", "MADE", "EXPIRES", "LAST USED", "ID"], rows)
    return OK


def revoke(args: argparse.Namespace) -> int:
    import msgspec
    import psycopg

    from api.access import store
    from api.access.principal import OPERATOR
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        gone = store.revoke(connection, OPERATOR.name, args.which)
    if args.json:
        emit_raw(msgspec.json.encode({"revoked": gone}))
        return OK
    for one in gone:
        say(f"{paint('revoked', 'yellow')} {harmless(one.name)} ({one.token_id})")
    return OK
