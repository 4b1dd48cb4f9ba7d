"""Where a webhook begins: `now`, `beginning`, a cursor or a time, as a position of the call log."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from api.errors import BadArgument
from api.words.when import instant
from core import cursor
from projections.query.events import head, position_at


def place(connection: Connection[Any], after: str) -> int:
    """The position behind which to begin; raises `BadArgument`, `BadCursor`."""
    match after:
        case "now":
            return head(connection)
        case "beginning":
            return 0
        case "":
            raise BadArgument("after is empty: give beginning, now, a cursor, or a time.")
    if after[0].isdigit() or after in ("today", "yesterday"):  # a cursor begins with a letter
        moment = instant(after, UTC, datetime.now(UTC), "after")
        return position_at(connection, int(moment.timestamp()) * 1_000_000 + moment.microsecond)
    return cursor.position("calls", installation(connection), after)


def installation(connection: Connection[Any]) -> UUID:
    """What this log is called in sources and cursors."""
    row = connection.execute("SELECT id FROM log.installation").fetchone()
    assert row is not None, "log.installation has a row from its migration on"
    return UUID(str(row[0]))
