"""When somebody wants to see the board: a time, a place of a log, as text from an address or a command line."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from psycopg import Connection

from api.errors import BadArgument
from api.words.when import instant
from core import cursor
from core.reach import Reach
from projections.query.at import Board, board_at, board_when, position_of_call_event

SAYS = "a time, a position of the switch log, or the cursor of an event of either log"
LOGS: tuple[cursor.LogName, ...] = get_args(cursor.LogName)
SKEW = timedelta(minutes=1)
"""by which the clock of who asks may be ahead of ours"""
_HEAD = """
    SELECT greatest((SELECT coalesce(max(position), 0) FROM log.switch_event), (SELECT max(floor) FROM log.retention))
"""
_LONGEST = 18
"""digits of a position"""


def board(
    connection: Connection[Any],
    text: str,
    tenant: str | None = None,
    now: datetime | None = None,
    time_zone: Any = UTC,
    reach: Reach | None = None,
) -> Board:
    """The board at a time, a position or a cursor; raises `BadArgument`, also for what lies ahead.

    What is stored and not folded yet stands for the last that is.
    """
    if re.fullmatch(r"\d+", text, re.ASCII):
        if len(text) > _LONGEST:
            raise BadArgument(f"at: {text[:40]!r} is no position: it has too many digits.")
        return board_at(connection, _reached(connection, int(text)), tenant, reach)
    if (position := _behind(connection, text)) is not None:
        return board_at(connection, _reached(connection, position), tenant, reach)
    now = now or datetime.now(UTC)
    moment = instant(text, time_zone, now, "at", "; or a position of the switch log, or a cursor of an event")
    if moment > now + SKEW:
        raise BadArgument(f"at: {text[:40]!r} lies ahead: it is {now:%Y-%m-%dT%H:%M:%S}Z here now.")
    return board_when(connection, int(moment.timestamp()) * 1_000_000 + moment.microsecond, tenant, reach)


def _reached(connection: Connection[Any], position: int) -> int:
    """A position that the log has come to."""
    row = connection.execute(_HEAD).fetchone()
    head = 0 if row is None else int(row[0])
    if position > head:
        raise BadArgument(f"at: {position} lies ahead: the last position of the switch log is {head}.")
    return position


def _behind(connection: Connection[Any], text: str) -> int | None:
    """The position that a cursor stands for; None for what is no cursor at all."""
    if not re.fullmatch(r"[A-Za-z][\w-]{18}", text, re.ASCII):
        return None
    row = connection.execute("SELECT id FROM log.installation").fetchone()
    installation = UUID(int=0) if row is None else row[0]
    refusals = []
    for log in LOGS:
        try:
            position = cursor.position(log, installation, text)
        except cursor.BadCursor as refusal:
            refusals.append(refusal)
            continue
        return position if log == "switch" else position_of_call_event(connection, position)
    # One of the two says only that it is a cursor of the other log.
    raise next((one for one in refusals if "other log" not in str(one)), refusals[0])
