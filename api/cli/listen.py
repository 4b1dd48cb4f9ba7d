"""`harmony listen | trigger`: events brought to an address of a developer's, and test events for it."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.console import emit, emit_raw, json_option, note, paint, say
from api.errors import OK, BadArgument
from api.words.text import harmless

if TYPE_CHECKING:
    from api.listener import Local, Remote
    from api.listener.forward import Forwarded


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "listen", help="send events to an address of yours, signed as webhooks are, while you develop"
    )
    parser.add_argument(
        "--forward-to", required=True, metavar="URL", help="where each event is posted: http://127.0.0.1:3000/hook"
    )
    parser.add_argument("--types", metavar="TYPES", help="only these, with commas between: call.answered, or call.*")
    _server(parser)
    json_option(parser)
    parser.set_defaults(run=listen)

    parser = commands.add_parser("trigger", help="make a test event of a type, which `harmony listen` gets")
    parser.add_argument("type", metavar="TYPE", help="such as call.ended; /v1/schemas and the reference list them")
    parser.add_argument("--tenant", metavar="COMPANY", help="for an operator: whose listeners get it, too")
    _server(parser)
    json_option(parser)
    parser.set_defaults(run=trigger)


def _server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", metavar="URL", help="a server; without one, the log on this machine is meant")
    parser.add_argument(
        "--token", metavar="TOKEN", help="its access token, or @FILE that holds it, where others see command lines"
    )


def listen(args: argparse.Namespace) -> int:
    from api.cli.listen_follower import ListenFollower
    from api.listener import Forwarder

    with closing(Forwarder(args.forward_to)) as forwarder, _source(args) as source:
        if args.json:
            emit({"forward_to": args.forward_to, "secret": forwarder.secret})
        else:
            say(f"secret      {forwarder.secret}  (of this run alone)")
            say(f"Listening: each event from now on is posted to {harmless(args.forward_to)}, once. Ctrl-C ends it.")
        sys.stdout.flush()
        ListenFollower(source, lambda body: _show(args, forwarder.forward(body))).follow()
    return OK


def trigger(args: argparse.Namespace) -> int:
    from api.access.companies import company, registry_now
    from api.access.principal import OPERATOR
    from api.hooks import tryouts
    from api.site import site
    from core.log.driver import connect, translated

    if args.url is not None:
        with _remote(args, None) as server:
            body = server.trigger(args.type, args.tenant)
    else:
        _local_only(args)
        asked = tryouts.NewTestEvent(type=args.type, tenant=args.tenant)
        with site() as here, closing(connect(here.dsn, "harmony trigger")) as connection, translated():
            if args.tenant is not None:
                company(connection, registry_now(here.settings), args.tenant)
            body = tryouts.make(connection, OPERATOR, asked)
    if args.json:
        emit_raw(body)
    else:
        say(f"A test event of the type {args.type} is made: those who listen get it, and nobody else.")
    return OK


@contextmanager
def _source(args: argparse.Namespace) -> "Iterator[Local | Remote]":
    """Where events come from; both begin now."""
    if args.url is not None:
        with _remote(args, args.types) as server:
            server.begin()
            yield server
        return
    from api.listener import Local
    from api.site import site

    _local_only(args)
    with site() as here, closing(Local(here.dsn, args.types)) as log:
        yield log


@contextmanager
def _remote(args: argparse.Namespace, types: str | None) -> "Iterator[Remote]":
    from api.listener import Remote

    token = args.token or ""
    if token.startswith("@"):
        token = Path(token[1:]).read_text(encoding="utf-8").strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise BadArgument("--url goes with --token, the server's access token (or @FILE that holds it).")
    with closing(Remote(args.url, token, types, note)) as server:
        yield server


def _local_only(args: argparse.Namespace) -> None:
    if args.token is not None:
        raise BadArgument("--token is for a server: say with --url which; the log on this machine needs none.")


def _show(args: argparse.Namespace, done: "Forwarded") -> None:
    """One line of an event; what is a test says so."""
    if args.json:
        import msgspec

        emit_raw(msgspec.json.encode(done))
    else:
        answer = harmless(done.error or "") if done.status is None else str(done.status)
        good = done.status is not None and 200 <= done.status < 300
        test = "  (test)" if done.test else ""
        say(f"{harmless(done.time):<27}  {harmless(done.type):<22}  {paint(answer, 'green' if good else 'red')}{test}")
    sys.stdout.flush()
