"""One call, lists of calls, the live calls."""

from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Composed

from core.reach import Reach
from projections.callflow.document import Direction, Outcome, Quality, State
from projections.query.filters import CallFilter, cursor_of, query
from projections.query.reach import visible
from projections.query.stories import Stretch, story
from projections.tables.table import key

MOST = 1000
"""calls a page at most"""

_POSITION = "SELECT position FROM log.projection WHERE name = 'calls'"

# A leg's id leads to its call, and so does the id of a call that was merged.
_GET = SQL("""
    SELECT c.call_id, c.tenant, c.version, convert_to(c.document::text, 'UTF8') FROM calls.call c
    WHERE c.call_id = coalesce((SELECT l.call_id FROM calls.fold_leg l WHERE l.leg = %(id)s),
                               (SELECT a.call_id FROM calls.alias a WHERE a.alias = %(id)s), %(id)s)
      AND (%(tenant)s::text IS NULL OR c.tenant = %(tenant)s) AND {}
""")
_DOCUMENTS = SQL(
    "SELECT c.call_id, c.started_at, convert_to(c.document::text, 'UTF8') FROM {} WHERE {} ORDER BY {} LIMIT %s"
)
_SUMMARIES = SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %s")


class Found(msgspec.Struct, frozen=True):
    """A call as it stands; `call_id` is the surviving id, which may not be the one that was asked for."""

    call_id: str
    tenant: str | None
    version: int
    document: bytes


class CallSummary(msgspec.Struct, frozen=True):
    """What a list shows of a call; the same names as in the view cdr.cdr_call."""

    call_id: str
    tenant: str | None
    direction: Direction
    from_party: str | None
    from_number: str | None
    from_name: str | None
    from_user: str | None
    dialled: str | None
    state: State
    answered: bool
    outcome: Outcome | None
    answered_by: str | None
    last_party: str | None
    queue: str | None
    agent: str | None
    started_at: int
    answered_at: int | None
    ended_at: int | None
    duration_seconds: float | None
    ring_seconds: float | None
    waited_seconds: float | None
    talk_seconds: float
    held_seconds: float
    transfers: int
    transferred: bool
    forwarded: bool
    hangup_by: str | None
    hangup_cause: str | None
    quality: Quality
    version: int
    live: bool


class CallPage(msgspec.Struct, frozen=True):
    """Newest first; `next` is the cursor of the page behind, None on the last one; `position`: true at least at."""

    position: int
    calls: list[CallSummary]
    next: str | None


class CallListed(CallSummary, frozen=True, kw_only=True):
    """The same, with how it went for the caller."""

    story: list[Stretch]


class DocumentPage(msgspec.Struct, frozen=True):
    """As CallPage, with whole documents as JSON."""

    position: int
    documents: list[bytes]
    next: str | None


_INSTANTS = frozenset({"started_at", "answered_at", "ended_at"})


def _micros(column: str) -> str:
    return f"(extract(epoch FROM c.{column}) * 1000000)::bigint"


_COLUMNS = SQL(", ".join(_micros(name) if name in _INSTANTS else f"c.{name}" for name in CallSummary.__struct_fields__))


def position(connection: Connection[Any]) -> int:
    """The position of the switch log that the call tables have reached."""
    row = connection.execute(_POSITION).fetchone()
    return int(row[0]) if row is not None else 0


def get_call(
    connection: Connection[Any], call_id: str, tenant: str | None = None, reach: Reach | None = None
) -> Found | None:
    """A call by its id, by that of a call merged into it, or by one of its legs; None if there is none to be seen."""
    with connection.cursor(binary=True) as cursor:
        row = cursor.execute(_GET.format(visible(reach)), {"id": key(call_id), "tenant": tenant}).fetchone()
    return None if row is None else Found(*row)


def list_calls(connection: Connection[Any], asked: CallFilter, limit: int = 100, after: str | None = None) -> CallPage:
    """One page of calls in short, newest first; raises BadFilter."""
    limit, reached = min(limit, MOST), position(connection)
    rows = _rows(connection, *summaries(asked, limit + 1, after))
    calls = [CallSummary(*row) for row in rows[:limit]]
    more = cursor_of(calls[-1].started_at, calls[-1].call_id) if len(rows) > limit else None
    return CallPage(reached, calls, more)


def list_stories(
    connection: Connection[Any], asked: CallFilter, limit: int = 100, after: str | None = None
) -> CallPage:
    """The same with the story of each."""
    limit, reached = min(limit, MOST), position(connection)
    made = query(asked, after, limit + 1)
    columns = SQL("{}, convert_to(c.document::text, 'UTF8')").format(_COLUMNS)
    statement = _SUMMARIES.format(columns, made.tables, made.where, made.order)
    rows = _rows(connection, statement, [*made.values, limit + 1])
    calls: list[CallSummary] = [CallListed(*row[:-1], story=story(row[-1])) for row in rows[:limit]]
    more = cursor_of(calls[-1].started_at, calls[-1].call_id) if len(rows) > limit else None
    return CallPage(reached, calls, more)


def summaries(asked: CallFilter, limit: int, after: str | None = None) -> tuple[Composed, list[Any]]:
    """The statement that lists calls in short, with its values: for whoever wants to see its plan."""
    made = query(asked, after, limit)
    return _SUMMARIES.format(_COLUMNS, made.tables, made.where, made.order), [*made.values, limit]


def list_documents(
    connection: Connection[Any], asked: CallFilter, limit: int = 100, after: str | None = None
) -> DocumentPage:
    """One page of call documents, newest first; raises BadFilter."""
    limit, reached = min(limit, MOST), position(connection)
    made = query(asked, after, limit + 1)
    rows = _rows(connection, _DOCUMENTS.format(made.tables, made.where, made.order), [*made.values, limit + 1])
    more = cursor_of(_as_micros(rows[limit - 1][1]), rows[limit - 1][0]) if len(rows) > limit else None
    return DocumentPage(reached, [row[2] for row in rows[:limit]], more)


def live_calls(connection: Connection[Any], tenant: str | None = None, limit: int = MOST) -> DocumentPage:
    """The calls whose end has not been seen, newest first."""
    return list_documents(connection, CallFilter(tenant=tenant, live=True), limit)


def _rows(connection: Connection[Any], statement: Composed, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(statement, values).fetchall()


def _as_micros(value: Any) -> int:
    return value if isinstance(value, int) else round(value.timestamp() * 1_000_000)
