"""`harmony migrate | doctor`: making ready, and what is wrong."""

import argparse

from api.cli.console import emit, json_option, paint, say
from api.errors import DEGRADED, FAILED, OK
from api.words.text import harmless


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("migrate", help="bring the database's tables to this version")
    json_option(parser)
    parser.set_defaults(run=migrate)

    parser = commands.add_parser("doctor", help="check the machine, the settings and the data, and say what to do")
    json_option(parser)
    parser.set_defaults(run=doctor)


def migrate(args: argparse.Namespace) -> int:
    from api.site import database
    from core.migrate import migrate as apply
    from core.settings import load

    with database(load()) as here:
        applied = apply(here.dsn)
    if args.json:
        emit({"applied": applied})
    else:
        for name in applied:
            say(f"applied {name}")
        say(f"The database is up to date{'' if applied else ', nothing was missing'}.")
    return OK


def doctor(args: argparse.Namespace) -> int:
    from api.health.doctor import examine

    findings = examine()
    if args.json:
        emit({"checks": [{"check": f.check, "result": f.result, "says": f.says} for f in findings]})
    else:
        colours = {"ok": "green", "warning": "yellow", "failed": "red"}
        for f in findings:
            say(f"{paint(f'{f.result:<8}', colours[f.result])} {f.check:<12} {harmless(f.says)}")
    results = {f.result for f in findings}
    return FAILED if "failed" in results else DEGRADED if "warning" in results else OK
