"""/v1/call-export: exactly the calls of a search as a file. It is read while it is sent, on a connection of its own.

And one call in another shape than its own.
"""

import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import IO

import psycopg
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.access.principal import principal_of
from api.errors import BadArgument, NotFound, Settled
from api.exports.shapes import SHAPES, Shape, shape
from api.http.answers import Answer
from api.http.calls import asked_by
from api.http.services import services_of
from api.words.filters import NO, YES
from core.log.driver import connect
from projections.query import VIEWS, CallFilter, export_csv, export_documents, export_parquet, get_call

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "vcon": "application/x-ndjson",
    "otlp": "application/x-ndjson",
}
PIECE = 65_536
"""bytes"""


async def export(request: Request) -> Response:
    who, given = principal_of(request), dict(request.query_params)
    kind, rows = given.get("format", "csv"), given.get("rows", "cdr_call")
    if kind not in KINDS:
        raise BadArgument(f"format: there is no {kind[:40]!r}, only {', '.join(KINDS)}.")
    if rows not in VIEWS:
        raise BadArgument(f"rows: there is no {rows[:40]!r}, only {', '.join(VIEWS)}.")
    sign = yes("sign", given.get("sign"))
    if sign and kind not in SHAPES:
        raise Settled("sign: only a vCon is signed: ask for one, or without a signature.")
    asked, here = asked_by(who, given), services_of(request).site
    dsn, made = here.dsn, shape(kind, here.settings, sign) if kind in SHAPES else None
    name = "calls" if rows == "cdr_call" else rows.removeprefix("cdr_") + "s"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{_ending(kind)}"', "Cache-Control": "no-store"}
    if kind == "parquet":
        file = await run_in_threadpool(_parquet, dsn, asked, rows)
        return StreamingResponse(_pieces(file), 200, headers, KINDS[kind], BackgroundTask(file.close))
    reading = _lines(dsn, asked, kind, rows, given.get("time_zone") or "UTC", made)
    first = await run_in_threadpool(next, reading, b"")  # what is refused is refused before the answer begins
    return StreamingResponse(_all(first, reading), 200, headers, KINDS[kind], BackgroundTask(reading.close))


async def export_one(request: Request) -> Response:
    """One call as a vCon or as a trace."""
    who, given, call_id = principal_of(request), request.query_params, request.path_params["call_id"]
    kind = given.get("format", "vcon")
    if kind not in SHAPES:
        raise BadArgument(f"format: there is no {kind[:40]!r}, only {', '.join(SHAPES)}.")
    services = services_of(request)
    made = shape(kind, services.site.settings, yes("sign", given.get("sign")))
    found = await services.with_connection(lambda connection: get_call(connection, call_id, who.tenant, who.reach))
    if found is None:
        raise NotFound(f"There is no call {call_id!r}, also none with a leg of that id.")
    body = await run_in_threadpool(made, found.document)
    if not body:
        raise Settled("The call goes on: a trace has an end. Ask for it when the call has ended.")
    headers = {"Content-Disposition": f'attachment; filename="call.{kind if kind == "vcon" else "otlp.json"}"'}
    return Answer(body, headers=headers, media_type=SHAPES[kind], tenants=[found.tenant])


def yes(name: str, text: str | None) -> bool:
    """A parameter that is said or not; raises `BadArgument`."""
    if text is None or text in NO:
        return False
    if text in YES:
        return True
    raise BadArgument(f"{name}: {text[:40]!r} is neither true nor false.")


def _ending(kind: str) -> str:
    return f"{kind}.ndjson" if kind in SHAPES else kind


def _connect(dsn: str) -> psycopg.Connection[tuple[object, ...]]:
    return connect(dsn, "harmony export")


def _lines(
    dsn: str, asked: CallFilter, kind: str, rows: str, zone: str, made: Shape | None
) -> Generator[bytes, None, None]:
    with closing(_connect(dsn)) as connection:
        lines = export_csv(connection, rows, asked, zone) if kind == "csv" else export_documents(connection, asked)
        held = bytearray()
        for line in lines:
            if made is None:
                held += line
            elif other := made(line):
                held += other + b"\n"
            if len(held) >= PIECE:
                yield bytes(held)
                held.clear()
        yield bytes(held)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _parquet(dsn: str, asked: CallFilter, rows: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed when it was sent)
    with closing(_connect(dsn)) as connection:
        export_parquet(connection, file, rows, asked)
    file.seek(0)
    return file


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
