"""The tables of phones: log.registration and log.hearing, written with what is published of them, and read.

The projection writes in its own transaction, so that a position says what is in them. Instants come out as µs since the
epoch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import msgspec
from psycopg import Connection, Cursor

from projections.people.registration import LONGEST, Break, Registration
from projections.published import notice_data as data
from projections.published.notice import Notice
from projections.tables.table import key, text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_SECONDS = 2_000_000_000
"""what a column takes; a phone may claim anything"""

# A phone is known again by its Call-ID or by where it is reached: one that was switched off and on has another Call-ID.
_SAME: LiteralString = """
    switch = %(switch)s AND "user" = %(user)s AND ended_at IS NULL
    AND (sip_call_id = %(call)s OR contact = %(contact)s OR (%(call)s::text IS NULL AND %(contact)s::text IS NULL))
"""
_REGISTER: LiteralString = (
    "WITH renewed AS (UPDATE log.registration SET renewed_at = %(at)s, expires_seconds = %(expires)s,"
    " contact = %(contact)s, sip_call_id = %(call)s, user_agent = %(agent)s, as_of_position = %(reached)s WHERE "
    + _SAME
    + """ RETURNING number)
    INSERT INTO log.registration (switch, "user", contact, sip_call_id, user_agent, registered_at, renewed_at,
        expires_seconds, first_position, as_of_position)
    SELECT %(switch)s, %(user)s, %(contact)s, %(call)s, %(agent)s, %(at)s, %(at)s, %(expires)s, %(position)s,
        %(reached)s WHERE NOT EXISTS (SELECT FROM renewed)
"""
)
_END: LiteralString = (
    "UPDATE log.registration SET ended_at = %(at)s, ended_position = %(position)s, as_of_position = %(reached)s WHERE "
    + _SAME
)
_BREAK = """
    INSERT INTO log.hearing (switch, position, kind, at, as_of_position)
    VALUES (%(switch)s, %(position)s, %(kind)s, %(at)s, %(reached)s) ON CONFLICT DO NOTHING
"""
_BREAKS = (data.SwitchLinkUp, data.SwitchLinkDown, data.SwitchGap, data.SwitchOverflow)


def write(cursor: Cursor[Any], told: Iterable[Notice], reached: int) -> None:
    """Take what a page of the log tells of phones; of renewals of one phone the last."""
    for statement, values in _steps(told):
        cursor.execute(statement, {**values, "reached": reached})


def _steps(told: Iterable[Notice]) -> list[tuple[LiteralString, dict[str, Any]]]:
    steps: list[tuple[LiteralString, dict[str, Any]]] = []
    renewals: dict[tuple[Any, ...], int] = {}
    for one in told:
        if isinstance(one.data, data.OfPhone) and one.tenant != one.data.user.rpartition("@")[2].lower():
            continue  # who authenticated is of another company than the user whose phone it claims to be
        match one.data:
            case data.Registered() as phone:
                expires = LONGEST if phone.expires_seconds is None else min(phone.expires_seconds, _MOST_SECONDS)
                values = {**_phone(one, phone), "expires": expires, "agent": text(phone.user_agent)}
                place = renewals.get(_known(values))
                if place is None:
                    renewals[_known(values)] = len(steps)
                    steps.append((_REGISTER, values))
                else:
                    first = steps[place][1]
                    steps[place] = (_REGISTER, values | {"position": first["position"]})
            case data.Unregistered() | data.RegistrationExpired() as phone:
                renewals.clear()  # what follows is told after it
                steps.append((_END, _phone(one, phone)))
            case told_ if isinstance(told_, _BREAKS):
                values = {"switch": key(one.subject), "position": one.position, "kind": one.type, "at": _at(one)}
                steps.append((_BREAK, values))
    return steps


def _phone(notice: Notice, phone: data.Registered | data.Unregistered | data.RegistrationExpired) -> dict[str, Any]:
    return {
        "switch": key(phone.switch),
        "user": text(phone.user),
        "contact": text(phone.contact),
        "call": text(phone.sip_call_id),
        "position": notice.position,
        "at": _at(notice),
    }


def _known(values: dict[str, Any]) -> tuple[Any, ...]:
    return values["switch"], values["user"], values["call"], values["contact"]


def _at(notice: Notice) -> datetime:
    return _EPOCH + timedelta(microseconds=notice.occurred_at)


# Reading


def _micros(column: LiteralString) -> LiteralString:
    return "(extract(epoch FROM " + column + ") * 1000000)::bigint"


_COLUMNS: LiteralString = (
    'number, switch, "user", user_agent, '
    + _micros("registered_at")
    + ", "
    + _micros("renewed_at")
    + ", expires_seconds"
)
_NOW: LiteralString = (
    "SELECT * FROM (SELECT " + _COLUMNS + ", " + _micros("ended_at") + " FROM log.registration WHERE ended_at IS NULL"
    ' UNION ALL (SELECT DISTINCT ON ("user") ' + _COLUMNS + ", " + _micros("ended_at") + " FROM log.registration"
    ' WHERE ended_at IS NOT NULL ORDER BY "user", first_position DESC)) AS every ORDER BY number'
)
_CHANGED: LiteralString = (
    "SELECT "
    + _COLUMNS
    + ", "
    + _micros("ended_at")
    + " FROM log.registration WHERE as_of_position > %s ORDER BY number"
)
# What was told of their ends later had not been told then.
_THEN: LiteralString = (
    "SELECT " + _COLUMNS + ", CASE WHEN ended_position <= %(position)s THEN " + _micros("ended_at") + " END"
    " FROM log.registration WHERE first_position <= %(position)s"
    " AND (%(tenant)s::text IS NULL OR split_part(\"user\", '@', 2) = %(tenant)s) ORDER BY number"
)
_HEARD: LiteralString = (
    "SELECT DISTINCT ON (switch) switch, kind, " + _micros("at") + " FROM log.hearing WHERE position <= %s"
    " ORDER BY switch, position DESC"
)
_FAR = (1 << 62) - 1


class Phones(msgspec.Struct, frozen=True):
    """Registrations, and the last break of each switch."""

    registrations: list[Registration]
    breaks: list[Break]


def phones_now(connection: Connection[Any]) -> Phones:
    """All that last, and the last of those that have ended of each user."""
    return Phones(_registrations(connection, _NOW, ()), breaks(connection))


def phones_changed(connection: Connection[Any], since: int) -> list[Registration]:
    """Those that were written behind a position of the projection."""
    return _registrations(connection, _CHANGED, (since,))


def phones_then(connection: Connection[Any], position: int, tenant: str | None = None) -> Phones:
    """As was known at a position of the switch log."""
    asked = {"position": position, "tenant": tenant}
    return Phones(_registrations(connection, _THEN, asked), breaks(connection, position))


def breaks(connection: Connection[Any], position: int = _FAR) -> list[Break]:
    """The last break of each switch up to a position of the switch log."""
    with connection.cursor(binary=True) as cursor:
        return [Break(*row) for row in cursor.execute(_HEARD, (position,)).fetchall()]


def _registrations(connection: Connection[Any], query: LiteralString, values: Any) -> list[Registration]:
    with connection.cursor(binary=True) as cursor:
        return [Registration(*row) for row in cursor.execute(query, values).fetchall()]
