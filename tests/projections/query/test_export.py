"""Everything out: NDJSON, CSV, Parquet."""

import csv
import io
from typing import Any

import msgspec
import psycopg
import pyarrow.parquet
import pytest

from projections.callflow.document import Caller
from projections.errors import BadFilter
from projections.query import VIEWS, CallFilter, export_csv, export_documents, export_parquet, get_call
from tests.projections.made_calls import NOON, SECOND, a_call, queue, store, transfer

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]
NAME = 'tab\t back\\slash \\n "quoted", \u00fcml\u00e4ut\nline'


@pytest.fixture
def stored(dsn: str) -> str:
    store(
        dsn,
        [
            a_call("second", started_at=NOON + 60 * SECOND, tenant=None),
            a_call(
                "first",
                from_=Caller(party="1001", name=NAME),
                segments=[queue("support", "1001", NOON, 3)],
                transfers=[transfer("blind", "1002", "1001", "1003", NOON)],
            ),
        ],
    )
    return dsn


def test_documents_come_as_they_are_stored_one_a_line_oldest_first(stored: str, connection: Connection) -> None:
    lines = list(export_documents(connection))
    assert [msgspec.json.decode(line)["call_id"] for line in lines] == ["first", "second"]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    found = get_call(connection, "first")
    assert found is not None
    assert lines[0] == found.document + b"\n"
    assert msgspec.json.decode(lines[0])["from"]["name"] == NAME


def test_documents_of_a_filter(stored: str, connection: Connection) -> None:
    lines = list(export_documents(connection, CallFilter(number="1003")))
    assert [msgspec.json.decode(line)["call_id"] for line in lines] == ["first"]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_as_csv_in_a_time_zone(stored: str, connection: Connection, view: str) -> None:
    text = b"".join(export_csv(connection, view, CallFilter(tenant="alpha.example"), "America/New_York")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["call_id"] for row in rows} == {"first"}
    started = rows[0].get("call_started_at") or rows[0]["started_at"]
    assert started == "2026-11-23 07:00:00-05"
    if view == "cdr_call":
        assert rows[0]["from_name"] == NAME
    # The connection is as it was.
    assert connection.execute("SHOW TimeZone").fetchone() != ("America/New_York",)


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_as_parquet(stored: str, connection: Connection, view: str) -> None:
    file = io.BytesIO()
    count = export_parquet(connection, file, view)
    table = pyarrow.parquet.read_table(file)
    assert count == table.num_rows
    described = connection.execute(f"SELECT * FROM cdr.{view} LIMIT 0").description or []
    assert table.column_names == [column.name for column in described]
    name = "started_at" if view == "cdr_call" else "call_started_at"
    assert str(table.schema.field(name).type) == "timestamp[us, tz=UTC]"
    if view == "cdr_segment":
        assert table.column("parties").to_pylist()[0] == ["1001", "queue:support"]


def test_what_does_not_exist_is_refused_with_a_sentence(connection: Connection) -> None:
    with pytest.raises(BadFilter, match="give one of cdr_call"):
        list(export_csv(connection, "pg_shadow"))
    with pytest.raises(BadFilter, match="Europe/Berlin"):
        list(export_csv(connection, zone_name="Mars/Olympus"))


def test_every_column_of_the_views_is_explained_and_times_are_instants(connection: Connection) -> None:
    bare = connection.execute(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'cdr'::regnamespace AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL"
    ).fetchall()
    assert bare == []
    views = connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'cdr' ORDER BY 1").fetchall()
    assert {name for (name,) in views} == {*VIEWS, "cdr_agent_state"}  # which is of no call
    times = connection.execute(
        "SELECT DISTINCT data_type FROM information_schema.columns"
        " WHERE table_schema = 'cdr' AND (column_name ~ '_at$' OR column_name = 'at')"
    ).fetchall()
    assert times == [("timestamp with time zone",)]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("Doe;=1+1", "Doe;'=1+1"),
        ('Doe;"=1+1', "Doe;\"'=1+1"),
        ("+491701234567", "+491701234567"),
        ("-5", "-5"),
        ("+49 170", "'+49 170"),
        ("a=b+c-d@e", "a=b+c-d@e"),
        ("Müller-Lüdenscheidt", "Müller-Lüdenscheidt"),
    ],
)
def test_no_cell_of_a_csv_is_a_formula(dsn: str, connection: Connection, name: str, cell: str) -> None:
    store(dsn, [a_call("=call", from_=Caller(party=name, number=name, name=name, user=name), dialled=name)])
    text = b"".join(export_csv(connection)).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["call_id"] == "'=call"
    assert {row[column] for column in ("from_party", "from_number", "from_name", "from_user", "dialled")} == {cell}
    # For programs there is the call as it is.
    (document,) = export_documents(connection)
    assert msgspec.json.decode(document)["from"]["name"] == name
