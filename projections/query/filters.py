"""What calls can be asked for, and how that becomes SQL that an index answers.

A number, a user or a link is looked up in `calls.search`, everything else on the call itself. Lists run newest first by
(started_at, call_id); a cursor is the key of the last call seen, so that pages do not shift when calls come in.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import msgspec
from psycopg.sql import SQL, Composable, Composed

from core.reach import Reach
from projections.callflow.document import Direction, Outcome, Quality, instant_text
from projections.errors import BadFilter
from projections.query.reach import columns, visible
from projections.tables.table import text


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All conditions hold together; None asks nothing. Times are those of the call's start: since <= start < until."""

    tenant: str | None = None
    reach: Reach | None = None
    """what who asks may see of the company; None: all"""
    number: str | None = None
    user: str | None = None
    related: str | None = None
    """the word of a link: what tells, or probably tells, of one conversation has it in common"""
    direction: Direction | None = None
    outcome: Outcome | None = None
    answered: bool | None = None
    queue: str | None = None
    agent: str | None = None
    since: int | None = None
    until: int | None = None
    min_duration: float | None = None
    max_duration: float | None = None
    has_transfer: bool | None = None
    min_waited: float | None = None
    quality: Quality | None = None
    live: bool | None = None


class Query(msgspec.Struct, frozen=True):
    """A FROM and WHERE for calls, named `c`, with the columns that order them."""

    tables: Composable
    where: Composable
    values: list[Any]
    order: Composable


_PLAIN = (
    ("direction", "c.direction = %s"),
    ("outcome", "c.outcome = %s"),
    ("answered", "c.answered = %s"),
    ("queue", "c.queue = %s"),
    ("agent", "c.agent = %s"),
    ("min_duration", "c.duration_seconds >= %s"),
    ("max_duration", "c.duration_seconds <= %s"),
    ("min_waited", "c.waited_seconds >= %s"),
    ("quality", "c.quality = %s"),
)


_WITH: LiteralString = (
    "EXISTS (SELECT FROM calls.search u WHERE u.call_id = c.call_id AND u.value = %s AND u.kind = %s)"
)


def query(asked: CallFilter, after: str | None = None, newest: int | None = None) -> Query:
    """The SQL of a filter, behind a cursor if one is given; raises BadFilter for a cursor that is none.

    `newest`: no more than so many are wanted, in the order of the list.
    """
    if asked.reach is not None and newest is not None:
        return _own(asked, asked.reach, after, newest)
    terms = [(kind, value) for kind, value in _terms(asked) if value is not None]
    searched = bool(terms)
    key = SQL("s") if searched else SQL("c")
    tables = SQL("calls.search s JOIN calls.call c ON c.call_id = s.call_id" if searched else "calls.call c")
    where: list[Composable] = []
    values: list[Any] = []

    def add(condition: Composable, *given: Any) -> None:
        where.append(condition)
        values.extend(given)

    for n, (kind, value) in enumerate(terms):
        add(SQL(_WITH if n else "s.value = %s AND s.kind = %s"), text(value), kind)
    _conditions(asked, after, key, add)
    if searched and asked.has_transfer:
        add(SQL("s.moved"))
    if asked.reach is not None:
        add(visible(asked.reach))
    return Query(
        tables,
        SQL(" AND ").join(where) if where else SQL("true"),
        values,
        SQL("{0}.started_at DESC, {0}.call_id DESC").format(key),
    )


def _terms(asked: CallFilter) -> tuple[tuple[str, str | None], ...]:
    """What is looked up in `calls.search`, by kind: the one that is asked for first is where the list begins."""
    return ("link", asked.related), ("number", asked.number), ("user", asked.user)


def _own(asked: CallFilter, reach: Reach, after: str | None, newest: int) -> Query:
    """The newest of each user and queue, and of those the newest: each by index, whatever the calls of others."""
    key = SQL("s")
    where: list[Composable] = [SQL("s.value = term.value AND s.kind = term.kind")]
    values: list[Any] = columns(reach)

    def add(condition: Composable, *given: Any) -> None:
        where.append(condition)
        values.extend(given)

    for kind, value in _terms(asked):
        if value is not None:
            add(SQL(_WITH), text(value), kind)
    _conditions(asked, after, key, add)
    tables = SQL(
        "(SELECT DISTINCT each.call_id FROM unnest(%s::text[], %s::text[]) AS term (kind, value) CROSS JOIN LATERAL ("
        "SELECT s.call_id FROM calls.search s JOIN calls.call c ON c.call_id = s.call_id WHERE {}"
        " ORDER BY s.started_at DESC, s.call_id DESC LIMIT %s) AS each) AS own"
        " JOIN calls.call c ON c.call_id = own.call_id"
    ).format(SQL(" AND ").join(where))
    return Query(tables, SQL("true"), [*values, newest], SQL("c.started_at DESC, c.call_id DESC"))


def _conditions(asked: CallFilter, after: str | None, key: SQL, add: Callable[..., None]) -> None:
    """What is asked for besides a number, a user, and what is one's own."""
    if asked.tenant is not None:
        add(SQL("{}.tenant = %s").format(key), asked.tenant)
    for name, condition in _PLAIN:
        if (value := getattr(asked, name)) is not None:
            add(SQL(condition), value)
    if asked.has_transfer is not None:
        add(SQL("c.transfers > 0" if asked.has_transfer else "c.transfers = 0"))
    if asked.live is not None:
        add(SQL("c.live" if asked.live else "NOT c.live"))
    if asked.since is not None:
        add(SQL("{}.started_at >= %s").format(key), moment(asked.since))
    if asked.until is not None:
        add(SQL("{}.started_at < %s").format(key), moment(asked.until))
    if after is not None:
        started_at, call_id = from_cursor(after)
        add(SQL("({0}.started_at, {0}.call_id) < (%s, %s)").format(key), moment(started_at), call_id)


def subquery(asked: CallFilter) -> tuple[Composed, list[Any]]:
    """The ids of the calls that a filter names, as a subselect."""
    made = query(asked)
    return SQL("(SELECT c.call_id FROM {} WHERE {})").format(made.tables, made.where), made.values


def cursor_of(started_at: int, call_id: str) -> str:
    """The place behind a call in a list, as text for links."""
    return base64.urlsafe_b64encode(f"{started_at} {call_id}".encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> tuple[int, str]:
    """The way back from `cursor_of`."""
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        started_at, _, call_id = plain.partition(" ")
        if "\0" in call_id:
            raise ValueError
        moment(int(started_at))
        return int(started_at), call_id
    except (ValueError, binascii.Error, BadFilter) as error:
        raise BadFilter("The cursor is not one that a list of calls gave: start from the first page.") from error


def moment(micros: int) -> datetime:
    """An instant as the driver takes it."""
    try:
        seconds, rest = divmod(micros, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    except (ValueError, OverflowError, OSError) as error:
        raise BadFilter(
            f"The time {micros} lies outside of what can be asked for: give a year from 1 to 9999."
        ) from error


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name; raises BadFilter for one that does not exist."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadFilter(f"There is no time zone named {name!r}: give an IANA name such as Europe/Berlin.") from error


def shown(micros: int | None, where: ZoneInfo | None = None) -> str | None:
    """An instant as text, in UTC with Z, or in a zone with its offset."""
    if micros is None:
        return None
    if where is None:
        return instant_text(micros)
    return moment(micros).astimezone(where).isoformat(timespec="microseconds")
