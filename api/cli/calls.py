"""`harmony calls`: list, show, export, live. The calls as folded, read from the tables."""

import argparse
import sys
from collections.abc import Generator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from api.cli.commands import add_verbs
from api.cli.console import (
    emit,
    emit_raw,
    is_utf8,
    json_option,
    note,
    out,
    paint,
    progress,
    say,
    table,
    terminal_columns,
)
from api.errors import OK, BadArgument, NotFound
from api.words.text import harmless

if TYPE_CHECKING:
    import psycopg

    from api.exports.shapes import Shape
    from api.site import Site
    from projections.query import CallFilter, CallSummary


BOARD = ("since", "from", "name", "dialled", "state", "with", "tenant", "call")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = commands.add_parser("calls", help="the calls: list, show, export, live; and commands to them")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("list", help="list calls, newest first")
    _filters(parser)
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N calls (50)")
    parser.add_argument("--after", metavar="CURSOR", help="go on behind this place of an earlier list")
    json_option(parser)
    parser.set_defaults(run=list_)

    parser = verbs.add_parser("show", help="draw a call: who talked to whom, when, and who transferred to whom")
    parser.add_argument("id", metavar="ID", help="a call, an alias of one, or one of its legs")
    parser.add_argument("--why", action="store_true", help="say why its legs are one call")
    parser.add_argument("--time-zone", metavar="ZONE", help="IANA time zone of what is shown (UTC)")
    json_option(parser)
    parser.set_defaults(run=show)

    parser = verbs.add_parser(
        "export", help="write calls: documents, vCons or traces as NDJSON, or a table as CSV or Parquet"
    )
    _filters(parser)
    parser.add_argument("--call", metavar="ID", help="this call alone, in the formats ndjson, vcon and otlp")
    parser.add_argument("--format", choices=("ndjson", "csv", "parquet", "vcon", "otlp"), default="ndjson")
    parser.add_argument("--sign", action="store_true", help="sign vCons with the key of the settings: a JWS a line")
    parser.add_argument("--view", help="table for CSV and Parquet: cdr_call (default), cdr_leg, cdr_segment, ...")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of stdout")
    json_option(parser)
    parser.set_defaults(run=export)

    parser = verbs.add_parser("live", help="the calls that are live now")
    parser.add_argument("--tenant", help="of this company")
    parser.add_argument("--follow", action="store_true", help="go on with what changes")
    parser.add_argument(
        "--at", metavar="WHEN", help="as they were: a time, a position of the switch log, or the cursor of an event"
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="IANA time zone of a time without an offset (UTC)")
    json_option(parser)
    parser.set_defaults(run=live)

    add_verbs(verbs)


def _filters(parser: argparse.ArgumentParser) -> None:
    for name, options in {
        "number": {"metavar": "NUMBER", "help": "took part, was dialled or was rung"},
        "user": {"metavar": "USER", "help": "took part, such as 1001@alpha.example"},
        "related": {"metavar": "WORD", "help": "linked by this word, as `calls show` says it"},
        "direction": {"metavar": "WAY", "help": "internal, inbound or outbound"},
        "outcome": {"metavar": "OUTCOME", "help": "answered, no_answer, busy, rejected, cancelled, failed, ..."},
        "queue": {"metavar": "QUEUE", "help": "waited in this queue"},
        "agent": {"metavar": "AGENT", "help": "answered out of the queue by this agent"},
        "since": {"metavar": "TIME", "help": "started at or after: 2026-11-23, 2026-11-23T08:51, today, 2h (ago)"},
        "until": {"metavar": "TIME", "help": "started before"},
        "min-duration": {"metavar": "SECONDS", "help": "lasted at least"},
        "max-duration": {"metavar": "SECONDS", "help": "lasted at most"},
        "has-transfer": {"action": "store_const", "const": "true", "help": "somebody tried to transfer it"},
        "min-waited": {"metavar": "SECONDS", "help": "waited in queues at least this long"},
        "quality": {"metavar": "QUALITY", "help": "how well its times are known: observed, bounded, inferred, gap"},
        "tenant": {"metavar": "TENANT", "help": "of this company"},
        "live": {"action": "store_const", "const": "true", "help": "not ended yet"},
        "answered": {"action": "store_const", "const": "true", "help": "answered by a person"},
        "time-zone": {"metavar": "ZONE", "help": "IANA time zone of times typed and shown (UTC)"},
    }.items():
        parser.add_argument(f"--{name}", **options)  # type: ignore[arg-type]


def _asked(args: argparse.Namespace) -> "CallFilter":
    from api.words.filters import FILTERS, call_filter

    return call_filter({item.name: getattr(args, item.name) for item in FILTERS}, args.time_zone)


def _of_a_company(connection: "psycopg.Connection[Any]", here: "Site", asked: "CallFilter") -> "CallFilter":
    """The same, of a company that is there; raises `NotFound` for a misspelt one."""
    import msgspec

    return msgspec.structs.replace(asked, tenant=company_of(connection, here, asked.tenant))


def company_of(connection: "psycopg.Connection[Any]", here: "Site", name: str | None) -> str | None:
    """The company that is named by --tenant, if it is there; raises `NotFound`."""
    from api.access.companies import company, registry_now

    return None if name is None else company(connection, registry_now(here.settings), name)


def list_(args: argparse.Namespace) -> int:
    import psycopg

    from api.site import site
    from projections.query import list_calls

    if args.limit < 1:
        raise BadArgument(f"--limit: {args.limit} is no number of calls.")
    asked = _asked(args)
    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        asked = _of_a_company(connection, here, asked)
        page = list_calls(connection, asked, args.limit, args.after)
    if args.json:
        calls = [_summary(call, args.time_zone) for call in page.calls]
        emit({"position": page.position, "calls": calls, "next": page.next})
        return OK
    rows = [_cells(call, args.time_zone) for call in page.calls]
    table(["started", "from", "name", "dialled", "state", "by", "lasts", "talk", "tenant", "call"], rows)
    if page.next:
        note(f"More: --after {page.next}")
    return OK


def _summary(call: "CallSummary", zone_name: str | None) -> dict[str, Any]:
    import msgspec

    from projections.query import shown, zone

    where = zone(zone_name) if zone_name else None
    instants = {name: shown(getattr(call, name), where) for name in ("started_at", "answered_at", "ended_at")}
    return msgspec.structs.asdict(call) | instants


def _cells(call: "CallSummary", zone_name: str | None) -> list[object]:
    from api.words.when import zone

    lasts = None if call.duration_seconds is None else f"{call.duration_seconds:.1f}"
    return [
        _moment(call.started_at, zone(zone_name)),
        call.from_party,
        call.from_name,
        call.dialled,
        call.state if call.live else call.outcome,
        call.answered_by,
        lasts,
        f"{call.talk_seconds:.1f}",
        call.tenant,
        call.call_id,
    ]


def _moment(micros: int, where: Any) -> str:
    from datetime import UTC, datetime, timedelta

    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
    return f"{moment.astimezone(where):%Y-%m-%d %H:%M:%S}"


def show(args: argparse.Namespace) -> int:
    import json

    import psycopg

    from api.ladder import ASCII, UNICODE, ladder, linked, why
    from api.site import site
    from api.words.when import zone
    from projections.query import get_call

    where = zone(args.time_zone)
    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        found = get_call(connection, args.id)
    if found is None:
        raise NotFound(
            f"There is no call {args.id!r}, also none with a leg of that id: look with `harmony calls list`."
        )
    if args.json:
        emit_raw(found.document)
        return OK
    call = json.loads(found.document)
    glyphs = UNICODE if is_utf8() else ASCII
    if found.call_id != args.id:
        note(f"{args.id} is part of call {found.call_id}.")
    for line in ladder(call, zone=where, glyphs=glyphs, columns=terminal_columns()):
        say(line)
    for line in linked(call, glyphs):
        say(line)
    if args.why:
        say()
        for line in why(call, glyphs):
            say(line)
    return OK


def export(args: argparse.Namespace) -> int:
    import psycopg

    from api.exports.shapes import SHAPES, shape
    from api.site import site
    from core.durable import write_whole

    asked = _asked(args)
    if args.sign and args.format != "vcon":
        raise BadArgument("--sign: only a vCon is signed: give --format vcon with it.")
    if args.call is not None and (args.format in ("csv", "parquet") or asked != _nothing()):
        raise BadArgument("--call: one call is written as ndjson, vcon or otlp, and no other filter goes with it.")
    if args.view is not None and args.format not in ("csv", "parquet"):
        raise BadArgument("--view names a table of CSV or Parquet: give --format csv or parquet with it.")
    args.view = args.view or "cdr_call"
    if args.format == "parquet" and args.output is None and sys.stdout.isatty():
        raise BadArgument("Parquet is no text for a terminal: name a file with --output.")
    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        asked = _of_a_company(connection, here, asked)
        made = shape(args.format, here.settings, args.sign) if args.format in SHAPES else None
        if args.output is None:
            _write(connection, asked, args, made, out())
            return OK
        # Whole or not at all: a reader never sees half a file, not even after the machine has lost its power.
        write_whole(args.output, lambda to: _write(connection, asked, args, made, to))
    return OK


def _nothing() -> "CallFilter":
    from projections.query import CallFilter

    return CallFilter()


def _one(connection: "psycopg.Connection[Any]", call_id: str) -> Generator[bytes, None, None]:
    from projections.query import get_call

    found = get_call(connection, call_id)
    if found is None:
        raise NotFound(
            f"There is no call {call_id!r}, also none with a leg of that id: look with `harmony calls list`."
        )
    yield found.document + b"\n"


def _write(
    connection: "psycopg.Connection[Any]",
    asked: "CallFilter",
    args: argparse.Namespace,
    made: "Shape | None",
    to: IO[bytes],
) -> None:
    from contextlib import closing

    from projections.query import export_csv, export_documents, export_parquet

    if args.format == "parquet":
        export_parquet(connection, to, args.view, asked)
        return
    rows: Generator[bytes, None, None]
    if args.format == "csv":
        rows = export_csv(connection, args.view, asked, args.time_zone or "UTC")
    else:
        rows = _one(connection, args.call) if args.call is not None else export_documents(connection, asked)
    # A reader that goes away leaves a COPY open, and the connection would wait for its end: so it is closed.
    with closing(rows), progress("exporting", _expected(args), "rows") as advance:
        for n, row in enumerate(rows):
            line = row if made is None else made(row)
            to.write(line if line.endswith(b"\n") or not line else line + b"\n")
            if n % 500 == 0:
                advance(n)
        to.flush()


def _expected(args: argparse.Namespace) -> int:
    """How many rows will come, where that is cheap to know and somebody looks; else 0."""
    import psycopg

    from api.site import site
    from projections.query import CallFilter

    if not sys.stderr.isatty() or _asked(args) != CallFilter() or (args.format == "csv" and args.view != "cdr_call"):
        return 0
    with site() as here, psycopg.connect(here.dsn, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM calls.call").fetchone()
    return int(row[0]) if row else 0


def _live_at(dsn: str, args: argparse.Namespace) -> int:
    """The board as it was."""
    import json

    import psycopg

    from api.words.board import board
    from api.words.when import zone
    from projections.callflow.document import instant_text

    with psycopg.connect(dsn, autocommit=True) as connection:
        found = board(connection, args.at, args.tenant, time_zone=zone(args.time_zone))
    instant = None if found.instant is None else instant_text(found.instant)
    if args.json:
        at = json.dumps(instant).encode()
        emit_raw(b'{"position":%d,"at":%b,"calls":[%b]}' % (found.position, at, b",".join(found.documents)))
        return OK
    table(BOARD, [_now(json.loads(document)) for document in found.documents])
    note(f"The board at {instant or 'an instant that is not known any more'}, position {found.position}.")
    return OK


def live(args: argparse.Namespace) -> int:
    import json
    import signal
    import threading

    import psycopg

    from api.site import site
    from projections.query import follow, live_calls

    if args.at is not None and args.follow:
        raise BadArgument("--at and --follow: what was does not change; take one of them.")
    with site() as here:
        if args.tenant is not None:
            with psycopg.connect(here.dsn, autocommit=True) as connection:
                args.tenant = company_of(connection, here, args.tenant)
        if args.at is not None:
            return _live_at(here.dsn, args)
        if not args.follow:
            with psycopg.connect(here.dsn, autocommit=True) as connection:
                page = live_calls(connection, args.tenant)
            if args.json:
                body = b",".join(page.documents)
                emit_raw(b'{"position":%d,"calls":[%b]}' % (page.position, body))
                return OK
            table(BOARD, [_now(json.loads(d)) for d in page.documents])
            if page.next:
                note("Only the newest are listed.")
            return OK
        # Ctrl-C sets a flag instead of raising: an exception in the middle of the driver's work can get lost there.
        stop = threading.Event()
        signal.signal(signal.SIGINT, lambda number, frame: stop.set())
        for delta in follow(here.dsn, stop):
            for call in delta.calls:
                if args.tenant is not None and call.tenant != args.tenant:
                    continue
                if args.json:
                    emit_raw(call.document)
                else:
                    document = json.loads(call.document)
                    word = document["state"] if call.live else f"ended: {document.get('outcome')}"
                    cells = [harmless(cell) for cell in _now(document) if cell is not None]
                    say(paint(f"{word:<18}", "bold" if call.live else "dim") + "  ".join(cells))
            sys.stdout.flush()
    return OK


def _now(call: dict[str, Any]) -> list[object]:
    """The cells of a live call."""
    caller = call.get("from") or {}
    open_ = [s for s in call.get("segments") or [] if not s.get("ended_at") and s["kind"] not in ("ring", "record")]
    others = dict.fromkeys(p for s in open_ for p in s["parties"] if p != caller.get("party"))
    started = str(call["started_at"])
    return [
        started[:19].replace("T", " "),
        caller.get("party"),
        caller.get("name"),
        call.get("dialled"),
        call.get("state"),
        ", ".join(others) or None,
        call.get("tenant"),
        call["call_id"],
    ]
