"""Everything out: call documents as NDJSON, the analysts' views as CSV or Parquet. Streams; memory does not grow."""

from collections.abc import Generator
from typing import IO, Any

from psycopg import Connection, Cursor
from psycopg.sql import SQL, Composable, Identifier, Literal
from psycopg.types.json import set_json_loads

from projections.errors import BadFilter
from projections.query.filters import CallFilter, query, subquery, zone

VIEWS = ("cdr_call", "cdr_leg", "cdr_segment", "cdr_offer", "cdr_transfer", "cdr_party", "cdr_queue_stay")

_STARTED = {"cdr_call": "started_at"}
_ALL = SQL("*")
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
    """A view as CSV with a header line, oldest call first, times in a time zone (IANA name).

    Texts that a spreadsheet would calculate with get an apostrophe before the character that makes them a formula.
    """
    place = zone(zone_name).key
    with connection.transaction(), connection.cursor() as cursor:
        statement, values = _view(view, asked, _as_texts(cursor, view))
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
            "Parquet needs pyarrow, which is not installed: run `scripts/setup parquet` in Harmony's checkout."
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


# The characters that begin a formula, also in their wide forms, where a cell begins: at the text's beginning, or behind
# what some spreadsheets take for the end of a cell, quotes or not. Digits behind a sign are a number, and no formula.
_FORMULA = (
    r"""(^|[;\t\r\n])([\s"']*)(?![+-][0-9]+($|[;\t\r\n]))([=+@\-\uFF1D\uFF0B\uFF0D\uFF20])""",
    r"\1\2'\3",
)
_EDGE = (r"^([\t\r\n])", r"'\1")


def _as_texts(cursor: Cursor[Any], view: str) -> Composable:
    """The columns of a view, with every text such that a spreadsheet takes it for one."""
    cursor.execute(SQL("SELECT * FROM {} LIMIT 0").format(Identifier("cdr", _known(view))))
    columns: list[Composable] = []
    for column in cursor.description or []:
        found: Composable = Identifier("v", column.name)
        if column.type_display == "text":
            for what, by in (_FORMULA, _EDGE):
                found = SQL("regexp_replace({}, {}, {}, 'g')").format(found, Literal(what), Literal(by))
        columns.append(SQL("{} AS {}").format(found, Identifier(column.name)))
    return SQL(", ").join(columns)


def _known(view: str) -> str:
    if view not in VIEWS:
        raise BadFilter(f"There is no view named {view!r}: give one of {', '.join(VIEWS)}.")
    return view


def _view(view: str, asked: CallFilter | None, columns: Composable = _ALL) -> tuple[Any, list[Any]]:
    _known(view)
    started = Identifier("v", _STARTED.get(view, "call_started_at"))
    where, values = (SQL("true"), []) if asked is None else _among(asked)
    order = SQL("{}, v.call_id").format(started) if view == "cdr_call" else SQL("{}, v.call_id, v.n").format(started)
    statement = SQL("SELECT {} FROM {} AS v WHERE {} ORDER BY {}").format(
        columns, Identifier("cdr", view), where, order
    )
    return statement, values


def _among(asked: CallFilter) -> tuple[Any, list[Any]]:
    calls, values = subquery(asked)
    return SQL("v.call_id IN {}").format(calls), values
