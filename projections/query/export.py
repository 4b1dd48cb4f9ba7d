"""Everything out: call documents as NDJSON, the analysts' views as CSV or Parquet. Streams; memory does not grow."""

from collections.abc import Generator
from typing import IO, Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal
from psycopg.types.json import set_json_loads

from projections.errors import BadFilter
from projections.query.filters import CallFilter, query, subquery, zone

VIEWS = ("cdr_call", "cdr_leg", "cdr_segment", "cdr_offer", "cdr_transfer", "cdr_party")

_STARTED = {"cdr_call": "started_at"}
_ROWS = 20_000
"""rows of a Parquet row group"""


def export_documents(connection: Connection[Any], asked: CallFilter | None = None) -> Generator[bytes, None, None]:
    """The documents as lines of NDJSON, each with its line feed, oldest call first."""
    made = query(asked or CallFilter())
    statement = SQL("COPY (SELECT c.document FROM {} WHERE {} ORDER BY c.started_at, c.call_id) TO STDOUT").format(
        made.tables, made.where
    )
    with connection.cursor() as cursor, cursor.copy(statement, made.values) as copy:
        for row in copy:
            # One row a message. A document has no control characters: of COPY's escapes only the backslash is left.
            yield bytes(row).replace(b"\\\\", b"\\")


def export_csv(
    connection: Connection[Any], view: str = "cdr_call", asked: CallFilter | None = None, zone_name: str = "UTC"
) -> Generator[bytes, None, None]:
    """A view as CSV with a header line, oldest call first, times in a time zone (IANA name)."""
    statement, values = _view(view, asked)
    place = zone(zone_name).key
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(SQL("SET LOCAL TimeZone = {}").format(Literal(place)))
        with cursor.copy(SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(statement), values) as copy:
            for row in copy:
                yield bytes(row)


def export_parquet(
    connection: Connection[Any], to: IO[bytes], view: str = "cdr_call", asked: CallFilter | None = None
) -> int:
    """Write a view as a Parquet file, times in UTC; return the number of rows. Needs the extra `parquet`."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise BadFilter(
            "Parquet needs pyarrow, which is not installed: run `pip install 'harmony[parquet]'`."
        ) from error
    types = {
        "text": pyarrow.string(),
        "bool": pyarrow.bool_(),
        "int4": pyarrow.int32(),
        "int8": pyarrow.int64(),
        "float8": pyarrow.float64(),
        "timestamptz": pyarrow.timestamp("us", "UTC"),
        "text[]": pyarrow.list_(pyarrow.string()),
        "json": pyarrow.string(),
    }
    statement, values = _view(view, asked)
    count = 0
    with connection.transaction(), connection.cursor(name="harmony_parquet", binary=True) as cursor:
        set_json_loads(_as_text, cursor)
        cursor.execute(statement, values)
        described = cursor.description or []
        schema = pyarrow.schema([(column.name, types[column.type_display]) for column in described])
        with pyarrow.parquet.ParquetWriter(to, schema, compression="zstd") as writer:
            while rows := cursor.fetchmany(_ROWS):
                columns = zip(*rows, strict=True)
                arrays = [pyarrow.array(list(c), field.type) for c, field in zip(columns, schema, strict=True)]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
                count += len(rows)
    return count


def _as_text(document: str | bytes) -> str:
    return document if isinstance(document, str) else document.decode()


def _view(view: str, asked: CallFilter | None) -> tuple[Any, list[Any]]:
    if view not in VIEWS:
        raise BadFilter(f"There is no view named {view!r}: give one of {', '.join(VIEWS)}.")
    started = Identifier(_STARTED.get(view, "call_started_at"))
    where, values = (SQL("true"), []) if asked is None else _among(asked)
    order = SQL("{}, call_id").format(started) if view == "cdr_call" else SQL("{}, call_id, n").format(started)
    statement = SQL("SELECT * FROM {} WHERE {} ORDER BY {}").format(Identifier("cdr", view), where, order)
    return statement, values


def _among(asked: CallFilter) -> tuple[Any, list[Any]]:
    calls, values = subquery(asked)
    return SQL("call_id IN {}").format(calls), values
