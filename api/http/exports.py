"""/v1/call-export: exactly the calls of a search as a file. It is read while it is sent, on a connection of its own."""

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
from api.errors import BadArgument
from api.http.calls import asked_by
from api.http.services import services_of
from core.log.driver import connect
from projections.query import VIEWS, CallFilter, export_csv, export_documents, export_parquet

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
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
    asked, dsn = asked_by(who, given), services_of(request).site.dsn
    name = "calls" if rows == "cdr_call" else rows.removeprefix("cdr_") + "s"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    if kind == "parquet":
        file = await run_in_threadpool(_parquet, dsn, asked, rows)
        return StreamingResponse(_pieces(file), 200, headers, KINDS[kind], BackgroundTask(file.close))
    reading = _lines(dsn, asked, kind, rows, given.get("time_zone") or "UTC")
    first = await run_in_threadpool(next, reading, b"")  # what is refused is refused before the answer begins
    return StreamingResponse(_all(first, reading), 200, headers, KINDS[kind], BackgroundTask(reading.close))


def _connect(dsn: str) -> psycopg.Connection[tuple[object, ...]]:
    return connect(dsn, "harmony export")


def _lines(dsn: str, asked: CallFilter, kind: str, rows: str, zone: str) -> Generator[bytes, None, None]:
    with closing(_connect(dsn)) as connection:
        lines = export_csv(connection, rows, asked, zone) if kind == "csv" else export_documents(connection, asked)
        held = bytearray()
        for line in lines:
            held += line
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
