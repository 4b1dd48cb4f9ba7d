"""Which events are replayed: a span of time, a call with all its legs, some types; page by page, by position."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg import Connection

from api.errors import NotFound
from core.event import SwitchEvent, stream_of
from core.log import EventLog
from core.log.driver import translated
from core.log.eventlog import OWN_TOPICS
from core.own_event import OPERATOR
from core.zstd import decompress
from projections.callflow.as_of import positions
from projections.query import get_call

PAGE = 1000
OPERATORS = f"CUSTOM {OPERATOR}"

_CALL: LiteralString = (
    "SELECT l.leg, array(SELECT part FROM calls.fold_part p WHERE p.call_id = s.call_id ORDER BY n) || s.state"
    " FROM calls.fold_leg l JOIN calls.fold_state s USING (call_id) WHERE s.call_id = %s"
)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. Times are those of the switches' clocks, µs since the epoch."""

    after: int = 0
    """a position: begin behind it"""
    upto: int
    """a position: nothing behind it"""
    since: int | None = None
    until: int | None = None
    topics: tuple[str, ...] = ()
    """exact, or the beginnings of some when they end in `*`"""
    call: str | None = None
    own: bool = True
    """whether the events are among them that Harmony made itself of links and losses; of operators only when named"""


class Rows(msgspec.Struct, frozen=True):
    """A selection as the database is asked for it."""

    after: int
    upto: int
    where: LiteralString
    values: list[Any]


def rows(connection: Connection[Any], wanted: Selection) -> Rows:
    """Look up what the selection speaks of; raises `NotFound` for a call that is not there."""
    where: LiteralString = ""
    values: list[Any] = []
    after, upto = wanted.after, wanted.upto
    if wanted.since is not None or wanted.until is not None:
        since = datetime.min.replace(tzinfo=UTC) if wanted.since is None else moment(wanted.since)
        until = datetime.max.replace(tzinfo=UTC) if wanted.until is None else moment(wanted.until)
        where += " AND occurred_at >= %s AND occurred_at < %s"
        values += [since, until]
        # Where they lie, by the index on times; the pages go by position.
        with translated():
            ends = connection.execute(
                "SELECT min(position + 0), max(position + 0) FROM log.switch_event"
                " WHERE occurred_at >= %s AND occurred_at < %s",
                [since, until],
            ).fetchone()
        if ends is None or ends[0] is None:
            after = upto
        else:
            after, upto = max(after, ends[0] - 1), min(upto, ends[1])
    if wanted.topics:
        where += " AND (topic = ANY(%s) OR topic ^@ ANY(%s))"
        values += [
            [topic for topic in wanted.topics if not topic.endswith("*")],
            [topic[:-1] for topic in wanted.topics if topic.endswith("*")],
        ]
    if not wanted.own or not wanted.topics:
        where += " AND NOT topic ^@ %s"
        values += [OPERATORS if wanted.own else OWN_TOPICS]
    if wanted.call is not None:
        streams, told = _call(connection, wanted.call)
        where += " AND (originator_id = ANY(%s) OR position = ANY(%s))"
        values += [streams, told]
    return Rows(after, upto, where, values)


def pages(connection: Connection[Any], log: EventLog, found: Rows) -> Iterator[list[SwitchEvent]]:
    """The events in order of position."""
    after = found.after
    query: LiteralString = (
        "SELECT position FROM log.switch_event WHERE position > %s AND position <= %s"
        + found.where
        + " ORDER BY position LIMIT %s"
    )
    while True:
        with translated():
            page = connection.execute(query, [after, found.upto, *found.values, PAGE]).fetchall()
        if not page:
            return
        yield log.at([position for (position,) in page])
        after = page[-1][0]


def moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


def _call(connection: Connection[Any], call: str) -> tuple[list[UUID], list[int]]:
    """The streams of a call's legs, and where the other events stand that told of it (of queues, of commands)."""
    found = get_call(connection, call)
    rows = [] if found is None else connection.execute(_CALL, [found.call_id]).fetchall()
    if not rows:
        raise NotFound(f"There is no call {call[:80]!r}, nor one with such a leg.")
    return [stream_of(leg) for leg, _ in rows], positions([*map(decompress, rows[0][1])])
