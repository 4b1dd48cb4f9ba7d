"""Calls that can no longer be told from their events, because those have been dropped: a rebuild takes them over.

Their rows and the fold's state of them are copied before anything is derived. Events of theirs that are still there
change nothing then, for their facts are known; what is new goes on with them.
"""

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from core.log.retention import oldest

_TABLES = """
    SELECT table_name FROM information_schema.columns WHERE table_schema = %s AND column_name = 'call_id' ORDER BY 1
"""


def hold_still(connection: Connection[Any]) -> None:
    """As the first thing in a transaction: see all at one instant, and nothing dropped until its end."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    connection.execute("LOCK TABLE log.retention IN SHARE MODE")


def take_over(connection: Connection[Any], schema: str) -> int:
    """Copy those calls into the empty tables of another set; return how many they are."""
    floor = oldest(connection)
    if not floor:
        return 0
    connection.execute("DROP TABLE IF EXISTS pg_temp.kept")
    connection.execute(
        SQL(
            "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT call_id FROM calls.call WHERE first_position <= {}"
        ).format(floor)
    )
    for (table,) in connection.execute(_TABLES, [schema]).fetchall():
        connection.execute(
            SQL("INSERT INTO {} SELECT * FROM {} WHERE call_id IN (SELECT call_id FROM pg_temp.kept)").format(
                Identifier(schema, table), Identifier("calls", table)
            )
        )
    row = connection.execute("SELECT count(*) FROM pg_temp.kept").fetchone()
    return int(row[0]) if row is not None else 0
