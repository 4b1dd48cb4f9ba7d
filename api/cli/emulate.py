"""`harmony emulate`: be a FreeSWITCH that is only emulated, for those who learn, write programs, or test."""

import argparse

from api.cli.services import stopping
from api.errors import OK


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "emulate",
        help="be an emulated switch with phones that obey",
        description="Be an emulated switch, until Ctrl-C: the users of the registry have phones on it that ring, "
        "answer, obey commands, and call each other. It is joined like any other: name it in `switches`.",
    )
    parser.add_argument("--node", required=True, help="its node name, such as freeswitch2@127.0.0.1")
    parser.add_argument("--quiet", action="store_true", help="nobody calls by himself: phones wait for commands")
    parser.add_argument("--recordings", type=int, default=0, metavar="LINES", help="play recorded calls as well")
    parser.add_argument("--seed", type=int, help="do the same as the last time with this number")
    parser.set_defaults(run=emulate)


def emulate(args: argparse.Namespace) -> int:
    from api.processes import logs
    from api.processes.demo import registered
    from bridge.emulator import emulate as be_switch
    from bridge.emulator import towns
    from core.settings import SettingsError, load

    logs.configure("emulate", load().log_format)
    settings = load()
    cookie = settings.cookies().get(args.node) or settings.cookie
    if not cookie:
        raise SettingsError(
            f"There is no cookie for {args.node}: set `cookie` (HARMONY_COOKIE), the one that Harmony has for it."
        )
    people = towns(registered(settings))
    lively = () if args.quiet else tuple(town.domain for town in people)
    be_switch(
        args.node,
        cookie,
        stopping(),
        people=people,
        lively=lively,
        lines=args.recordings,
        ticktime=settings.ticktime,
        seed=args.seed,
    )
    return OK
