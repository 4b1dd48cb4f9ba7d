"""`harmony events`: import, export, tail, get, verify. The switch log as operators handle it."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import tail, verify
from api.cli.console import emit, error, json_option, paint, progress, say
from api.cli.event_fields import short
from api.errors import FAILED, OK, BadArgument, NotFound
from api.words.text import harmless

if TYPE_CHECKING:
    from api.operations.captures import Imported
    from core.event import SwitchEvent
    from core.log import EventLog

PAGE = 1000


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("events", help="the switch log: import, export, tail, get, verify")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("import", help="store the events of capture files, each event once")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a capture, gzipped or not")
    parser.add_argument("--switch", metavar="NODE", help="node name of the switch (else from the events)")
    parser.add_argument("--head", metavar="SHA256", help="refuse a file whose chain does not come to this")
    json_option(parser)
    parser.set_defaults(run=import_)

    parser = verbs.add_parser("export", help="write events to a capture file, or as JSON lines to stdout")
    _range(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write a capture file (gzipped if it ends in .gz), and FILE.chain, which proves it",
    )
    json_option(parser)
    parser.set_defaults(run=export)

    tail.add(verbs)

    parser = verbs.add_parser("get", help="show one event with all its headers")
    parser.add_argument("position", type=int, metavar="POSITION")
    json_option(parser)
    parser.set_defaults(run=get)

    verify.add(verbs)


def _range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--after", type=int, default=0, metavar="POSITION", help="begin behind this position")
    parser.add_argument("--upto", type=int, metavar="POSITION", help="end with this position")
    parser.add_argument(
        "--topic", action="append", metavar="TOPIC", help="only this topic, such as CHANNEL_ANSWER (repeatable)"
    )


def import_(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.operations.archives import has_chain, import_archive
    from api.operations.captures import import_file
    from api.site import site
    from core.log import EventLog
    from core.operating import record_action

    if args.head and (len(args.files) > 1 or not has_chain(args.files[0])):
        raise BadArgument(f"--head: it is for one file that has a chain beside it ({args.files[0]}.chain).")
    with site() as here, EventLog(here.dsn) as log:
        results = []
        for path in args.files:
            size = _size(path)
            with progress(path.name if len(args.files) == 1 else str(path), size, "MB", 1e6) as advance:
                if has_chain(path):
                    result = import_archive(log, path, args.switch, advance, here.settings.dtmf, args.head)
                else:
                    result = import_file(log, path, args.switch, advance, here.settings.dtmf)
            results.append(result)
            if result.refused:
                error(result.refused, result.code or "import", args.json)
            if not args.json:
                say(f"{harmless(path)}: {result.events} events, {result.stored} of them new{_proven(result)}")
        if any(result.stored for result in results):
            files = [
                {"file": str(path), "events": r.events, "stored": r.stored, "refused": r.refused, "chain": r.head}
                for path, r in zip(args.files, results, strict=True)
            ]
            record_action(here.dsn, "import", OPERATOR.name, " ".join(map(str, args.files)), details={"files": files})
    refused = [r for r in results if r.refused]
    if args.json:
        emit(
            {
                "events": sum(r.events for r in results),
                "stored": sum(r.stored for r in results),
                "files": [
                    {"file": str(p), "events": r.events, "stored": r.stored, "refused": r.refused, "chain": r.head}
                    for p, r in zip(args.files, results, strict=True)
                ],
            }
        )
    return FAILED if refused else OK


def _proven(result: "Imported") -> str:
    if result.head is None:
        return ""
    again = f"; {result.skipped} had been imported before" if result.skipped else ""
    return f"; unchanged since the export (chain {result.head[:16]}...){again}"


def _size(path: Path) -> int:
    """Bytes of a capture once unpacked: a gzip file names them at its end (modulo 4 GiB), good enough for a bar."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\x1f\x8b":
                return path.stat().st_size
            file.seek(-4, 2)
            return int.from_bytes(file.read(4), "little")
    except OSError:
        return 0  # reading it will say what is wrong


def _pages(log: "EventLog", args: argparse.Namespace, after: int) -> Iterator["list[SwitchEvent]"]:
    while page := log.read(after, PAGE, args.topic, args.upto):
        yield page
        after = page[-1].position


def export(args: argparse.Namespace) -> int:
    from api.access.principal import OPERATOR
    from api.operations.archives import export_archive
    from api.site import site
    from core.log import EventLog
    from core.operating import record_action

    with site() as here, EventLog(here.dsn) as log:
        args.upto = end = min(args.upto or log.head(), log.head())
        count = 0
        with progress("exporting", max(0, end - args.after)) as advance:

            def events() -> Iterator["SwitchEvent"]:
                nonlocal count
                for page in _pages(log, args, args.after):
                    yield from page
                    count += len(page)
                    advance(page[-1].position - args.after)

            if args.output is None:
                for event in events():
                    emit(_whole(event))
                return OK
            chain = export_archive(log, args.output, log.installation(), events())
        told = {"after": args.after, "upto": end, "topics": args.topic, "events": count, "chain": chain.sha256}
        record_action(here.dsn, "export", OPERATOR.name, str(args.output), details=told)
    if args.json:
        emit({"file": str(args.output), "events": count, "chain": chain.sha256})
    else:
        say(f"{harmless(args.output)}: {count} events, chain {chain.sha256}")
    return OK


def _whole(event: "SwitchEvent") -> dict[str, Any]:
    from core.headers import headers, text

    return short(event) | {"headers": {text(k): text(v) for k, v in headers(event.term).items()}}


def get(args: argparse.Namespace) -> int:
    from api.site import site
    from core.log import EventLog

    if args.position < 1:
        raise BadArgument(f"{args.position} is no position: positions count from 1.")
    with site() as here, EventLog(here.dsn) as log:
        found = log.get(args.position)
        if found is None:
            raise NotFound(f"There is no event at position {args.position}: the log goes up to {log.head()}.")
        event = _whole(found)
    if args.json:
        emit(event)
        return OK
    headers = event.pop("headers")
    for name, value in event.items():
        say(f"{paint(f'{name:<12}', 'dim')} {harmless(value)}")
    say()
    body = headers.pop("body", None)
    for name, value in headers.items():
        say(f"{harmless(name)}: {harmless(value)}")
    if body is not None:
        say()
        for line in body.splitlines():
            say(harmless(line))
    return OK
