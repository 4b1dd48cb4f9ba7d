"""`harmony migrate | status | doctor`: making ready, how it is, and what is wrong."""

import argparse

from api.cli.console import emit, json_option, paint, say
from api.errors import DEGRADED, FAILED, OK
from api.text import harmless


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("migrate", help="bring the database's tables to this version")
    json_option(parser)
    parser.set_defaults(run=migrate)

    parser = commands.add_parser(
        "status", help="how far everything is: log, calls, links, parts (exit code 3: degraded)"
    )
    json_option(parser)
    parser.set_defaults(run=status)

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


def status(args: argparse.Namespace) -> int:
    import psycopg

    from api.health import examine
    from api.site import site

    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        health = examine(connection)
    if args.json:
        emit(health.document())
    else:
        say(f"log         {health.head} is the last position")
        say(f"calls       as of position {health.position}, {health.behind} behind; {health.live} live")
        for service in health.services:
            say(f"{service.part:<11} {service.name}: {service.state}, pid {service.pid} on {service.host}")
        for link in health.links:
            say(f"link        {link.switch}: {link.link} since {link.since or '?'}")
        for problem in health.problems:
            say(paint(f"degraded    {problem.sentence}", "yellow"))
        if not health.problems:
            say(paint("Nothing is wrong.", "green"))
    return DEGRADED if health.problems else OK


def doctor(args: argparse.Namespace) -> int:
    from api.doctor import examine

    findings = examine()
    if args.json:
        emit({"checks": [{"check": f.check, "result": f.result, "says": f.says} for f in findings]})
    else:
        colours = {"ok": "green", "warning": "yellow", "failed": "red"}
        for f in findings:
            say(f"{paint(f'{f.result:<8}', colours[f.result])} {f.check:<12} {harmless(f.says)}")
    results = {f.result for f in findings}
    return FAILED if "failed" in results else DEGRADED if "warning" in results else OK
