"""`harmony call`, `harmony calls hangup|...`, `harmony conference`, `harmony command`: telling a switch what to do.

As the HTTP routes do it, straight into the database and as an operator. The commands wait for the outcome, which the
bridge brings; nothing here speaks to a switch.
"""

import argparse
import time
from typing import TYPE_CHECKING, Any

from api.cli.console import emit_raw, json_option, note, say
from api.errors import FAILED, OK
from api.words.text import harmless

if TYPE_CHECKING:
    from api.commands.bodies import Body
    from api.commands.control import Control
    from core.commands.store import Requested

LONGEST = 150.0
"""seconds behind the deadline in which an outcome comes, if one comes at all: a phone may ring for two minutes"""
LOOK = 0.1


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("call", help="call a user's phone, and when it answers, a number for it")
    parser.add_argument("user", metavar="USER", help="who is called first, such as 1001@alpha.example")
    parser.add_argument("to", metavar="NUMBER", help="what is dialled then")
    parser.add_argument("--caller-name", metavar="NAME", help="what the user's phone shows")
    parser.add_argument("--timeout", type=int, default=30, metavar="SECONDS", help="how long it rings (30)")
    parser.add_argument("--switch", metavar="NODE", help="which switch calls, where there are several")
    parser.add_argument("--context", help="another dialplan context than the company's own")
    _common(parser)
    parser.set_defaults(run=call)

    parser = commands.add_parser("conference", help="command a party in a conference: mute, unmute, kick")
    parser.add_argument("room", metavar="ROOM", help="the room, as calls name it")
    parser.add_argument("verb", choices=("mute", "unmute", "kick"))
    _whom(parser, "who is meant")
    _common(parser)
    parser.set_defaults(run=conference)

    parser = commands.add_parser("command", help="what became of a command")
    parser.add_argument("id", metavar="ID", help="the command's id")
    json_option(parser)
    parser.set_defaults(run=command)


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verbs of `harmony calls` that are commands."""
    parser = _verb(verbs, "hangup", "hang up: the caller, or who is named")
    _whom(parser, "whose leg is ended")
    parser.add_argument("--cause", default="NORMAL_CLEARING", help="what the phones are told (NORMAL_CLEARING)")
    parser = _verb(verbs, "transfer", "bring somebody of a call together with a number")
    parser.add_argument("to", metavar="NUMBER", help="where to")
    _whom(parser, "who is moved")
    parser.add_argument("--by", metavar="WHO", help="who transfers, instead of who is moved")
    parser.add_argument("--attended", action="store_true", help="talk with the target first, then complete or cancel")
    parser.add_argument("--context", help="another dialplan context than the company's own")
    _verb(verbs, "complete", "complete the attended transfer of a call")
    _verb(verbs, "cancel", "cancel the attended transfer of a call")
    parser = _verb(verbs, "conference", "move two who talk into a conference room")
    _whom(parser, "one of the two")
    parser.add_argument("--room", metavar="NUMBER", help="the room; the first that is empty without one")
    _whom(_verb(verbs, "hold", "put on hold who talks with a party"), "who holds")
    _whom(_verb(verbs, "resume", "end a hold"), "who held")
    parser = _verb(verbs, "park", "park a party of a call")
    _whom(parser, "who is parked")
    parser.add_argument("--lot", help="the slot")
    parser = _verb(verbs, "pickup", "take a call that rings at another phone")
    parser.add_argument("user", metavar="USER", help="who takes it, such as 1001@alpha.example")
    _whom(parser, "whose phone rings")
    parser = _verb(verbs, "eavesdrop", "listen to a call")
    parser.add_argument("user", metavar="USER", help="who listens, such as 1001@alpha.example")
    parser.add_argument(
        "--mode", choices=("listen", "whisper", "barge"), default="listen", help="listen (default), ..."
    )
    _whom(parser, "whose talk is heard; the caller's without one")
    parser = _verb(verbs, "record", "start or stop recording a call")
    parser.add_argument("action", choices=("start", "stop"))
    _whom(parser, "whose talk is recorded; the caller's without one")
    parser = _verb(verbs, "dtmf", "send digits to a phone or trunk")
    parser.add_argument("digits", metavar="DIGITS", help="of 0-9 * # A-D")
    _whom(parser, "who gets them")
    parser = _verb(verbs, "message", "show a text on a phone")
    parser.add_argument("text", metavar="TEXT")
    _whom(parser, "whose phone")


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, says: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=says)
    parser.add_argument("id", metavar="ID", help="a call, an alias of one, or one of its legs")
    _common(parser)
    parser.set_defaults(run=of_call, verb=name)
    return parser


def _whom(parser: argparse.ArgumentParser, says: str) -> None:
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--party", help=f"{says}: a number, an extension, or a user")
    whom.add_argument("--leg", help="the same by the leg's id")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", help="idempotency key: the same command again with the same key is done once")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the outcome")
    json_option(parser)


def call(args: argparse.Namespace) -> int:
    from api.commands.bodies import CallBody

    given = {name: getattr(args, name) for name in ("to", "caller_name", "timeout", "switch", "context")}
    body = CallBody(from_=args.user, **given)
    return _run(args, lambda control, connection, who: control.call(connection, who, body, args.key))


def conference(args: argparse.Namespace) -> int:
    from api.commands.bodies import ROOM_VERBS

    body = ROOM_VERBS[args.verb](party=args.party, leg=args.leg)
    return _run(args, lambda control, connection, who: control.of_room(connection, who, args.room, body, args.key))


def of_call(args: argparse.Namespace) -> int:
    body = _body(args)
    return _run(args, lambda control, connection, who: control.of_call(connection, who, args.id, body, args.key))


def _body(args: argparse.Namespace) -> "Any":
    """The body that the route of the same name would take."""
    import msgspec

    from api.commands.bodies import CALL_VERBS

    names = {"complete": "transfer/complete", "cancel": "transfer/cancel", "message": "messages"}
    kind: type[Body] = CALL_VERBS[names.get(args.verb, args.verb)]
    given = {field.name: getattr(args, field.name, None) for field in msgspec.structs.fields(kind)}
    if args.verb == "transfer":
        given["kind"] = "attended" if args.attended else "blind"
    return kind(**{name: value for name, value in given.items() if value is not None})


def command(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.commands import documents
    from api.commands.control import control
    from api.site import site

    with site() as here:
        taking = control(here)
        try:
            status = taking.status(OPERATOR, args.id)
        finally:
            taking.store.close()
    if args.json:
        emit_raw(documents.status(status))
    else:
        say(f"{status.kind} {status.command_id}: {status.result or status.state}{_words(status.said)}")
    return OK


def _run(args: argparse.Namespace, take: Any) -> int:
    import psycopg

    from api.access.companies import registry_now
    from api.access.principal import OPERATOR
    from api.commands import documents
    from api.commands.control import control
    from api.site import site

    with site() as here:
        taking = control(here, lambda: registry_now(here.settings))
        try:
            with psycopg.connect(here.dsn, autocommit=True) as connection:
                asked: Requested = take(taking, connection, OPERATOR)
            if args.no_wait:
                emit_raw(documents.taken(asked)) if args.json else say(f"{asked.kind} {asked.command_id}: requested")
                return OK
            return _outcome(taking, asked, args.json)
        finally:
            taking.store.close()


def _outcome(taking: "Control", asked: "Requested", as_json: bool) -> int:
    """Wait for it and print it; 0 only if the switch did what it was told."""
    from api.access.principal import OPERATOR
    from api.commands import documents

    while (status := taking.status(OPERATOR, str(asked.command_id))).result is None:
        taking.store.expire([asked.switch])  # where neither a bridge nor a server does
        if time.time() - asked.deadline / 1e6 > LONGEST:
            note(f"No outcome yet: ask again with `harmony command {asked.command_id}`.")
            break
        time.sleep(LOOK)
    if as_json:
        emit_raw(documents.status(status))
    else:
        say(f"{status.kind} {status.command_id}: {status.result or status.state}{_words(status.said)}")
    return OK if status.result == "ok" else FAILED


def _words(said: str | None) -> str:
    return f" ({harmless(' '.join(said.split()))})" if said and said.strip() else ""
