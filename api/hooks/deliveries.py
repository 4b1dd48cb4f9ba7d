"""Deliveries as their owner sees them: listed, looked at with every attempt, sent again, and a test event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, LiteralString, get_args
from uuid import UUID, uuid4

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from api.access.principal import Principal
from api.errors import BadArgument
from api.hooks import order
from api.hooks.endpoints import CHANNEL, get, planned
from api.hooks.errors import NoSuchWebhook
from api.hooks.messages import TEST
from core.operating import record_action

Outcome = Literal["pending", "delivered", "dead"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
MOST = 500
MOST_NAMED = 1000

_SELECT: LiteralString = """
    SELECT d.delivery_id AS id, d.kind, d.event_id, d.type,
        CASE WHEN d.kind = 'test' THEN '' ELSE d.subject END AS subject, d.state, d.attempts,
        CASE WHEN d.state = 'pending' AND d.claimed_by IS NULL THEN d.next_attempt_at END AS next_attempt_at,
        d.planned_at, d.ended_at, a.status AS last_status, a.error AS last_error
    FROM hooks.delivery d LEFT JOIN LATERAL (
        SELECT status, error FROM hooks.attempt a
        WHERE a.delivery_id = d.delivery_id ORDER BY number DESC LIMIT 1) a ON true
    WHERE d.endpoint_id = %(endpoint)s
"""
# The last delivery of each event says how it stands with that event; what still waits is not sent a second time.
_RESEND: LiteralString = """
    INSERT INTO hooks.delivery (endpoint_id, kind, event_id, position, type, subject, merged, blocked)
    SELECT endpoint_id, 'resend', event_id, position, type, subject, merged, true FROM (
        SELECT DISTINCT ON (event_id) * FROM hooks.delivery
        WHERE endpoint_id = %(endpoint)s AND kind <> 'test' ORDER BY event_id, delivery_id DESC) AS latest
    WHERE state <> 'pending' AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
        AND event_id IN (
            SELECT event_id FROM hooks.delivery WHERE endpoint_id = %(endpoint)s
                AND (%(ids)s::bigint[] IS NULL OR delivery_id = ANY(%(ids)s))
                AND (%(events)s::text[] IS NULL OR event_id = ANY(%(events)s))
                AND (%(since)s::timestamptz IS NULL OR planned_at >= %(since)s)
                AND (%(until)s::timestamptz IS NULL OR planned_at < %(until)s))
    ORDER BY position
    RETURNING endpoint_id, subject
"""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event to one webhook."""

    id: int
    kind: Literal["event", "resend", "test"]
    event_id: str
    """the webhook-id of its messages, the same at each attempt and when it is sent again"""
    type: str
    subject: str
    state: Outcome
    attempts: int
    next_attempt_at: datetime | None
    """when it is due; null: it is on its way, or has come to its end"""
    planned_at: datetime
    ended_at: datetime | None
    last_status: int | None
    last_error: str | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt went."""

    number: int
    at: datetime
    status: int | None
    """of the answer; null: there was none"""
    ms: int
    answer: str
    """its first 500 characters"""
    error: str | None
    """null: it was delivered"""


class DeliveryTold(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with all its attempts."""

    delivery: Delivery
    attempts: list[Attempt]


class Resend(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which deliveries to send again: by their ids, their events' ids, or when they were planned."""

    deliveries: list[int] | None = None
    events: list[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    states: list[Literal["delivered", "dead"]] | None = None
    """only those whose last word is this; a range without it means the dead ones"""


def listed(
    connection: Connection[Any],
    who: Principal,
    endpoint: UUID,
    state: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    before: int | None = None,
) -> list[Delivery]:
    """Deliveries of a webhook, the newest first; `before`: older than this one."""
    get(connection, who, endpoint)
    query: LiteralString = _SELECT
    if state is not None:
        query += " AND d.state = %(state)s"
    if since is not None:
        query += " AND d.planned_at >= %(since)s"
    if until is not None:
        query += " AND d.planned_at < %(until)s"
    if before is not None:
        query += " AND d.delivery_id < %(before)s"
    query += " ORDER BY d.delivery_id DESC LIMIT %(limit)s"
    values = {
        "endpoint": endpoint,
        "state": state,
        "since": since,
        "until": until,
        "limit": limit,
        "before": before,
    }
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(query, values).fetchall()


def told(connection: Connection[Any], who: Principal, endpoint: UUID, delivery: int) -> DeliveryTold:
    """One with its attempts; raises `NoSuchWebhook`."""
    get(connection, who, endpoint)
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        cursor.execute(_SELECT + " AND d.delivery_id = %(id)s", {"endpoint": endpoint, "id": delivery})
        found = cursor.fetchone()
    if found is None:
        raise NoSuchWebhook(f"The webhook {endpoint} has no delivery {delivery}; old ones are not kept.")
    with connection.cursor(row_factory=class_row(Attempt)) as attempts:
        attempts.execute(
            "SELECT number, at, status, ms, coalesce(answer, '') AS answer, error FROM hooks.attempt"
            " WHERE delivery_id = %s ORDER BY number",
            [delivery],
        )
        return DeliveryTold(delivery=found, attempts=attempts.fetchall())


def resend(connection: Connection[Any], who: Principal, endpoint: UUID, again: Resend) -> int:
    """Send again what is named; how many events that are. They keep their ids and take their turn in the order."""
    named: Sequence[object] = [*(again.deliveries or ()), *(again.events or ())]
    if not named and again.since is None and again.until is None:
        raise BadArgument("Name what to send again: deliveries, events, or since and until.")
    if len(named) > MOST_NAMED:
        raise BadArgument(f"At most {MOST_NAMED} can be named at once: give a range of time instead.")
    if any("\0" in event for event in again.events or ()):
        raise BadArgument("A text holds a NUL, which nothing that is stored has.")
    if any(not 0 < delivery < 1 << 62 for delivery in again.deliveries or ()):
        raise BadArgument("deliveries: an id is a number such as 17.")
    for name in ("since", "until"):
        moment: datetime | None = getattr(again, name)
        if moment is not None and moment.tzinfo is None:
            raise BadArgument(f"{name} has no offset: write it as 2026-11-23T08:51:00Z.")
    states = list(again.states) if again.states is not None else None if named else ["dead"]
    values = {
        "endpoint": endpoint,
        "ids": again.deliveries,
        "events": again.events,
        "since": again.since,
        "until": again.until,
        "states": states,
    }
    with connection.transaction():
        planned(connection)
        tenant = get(connection, who, endpoint).tenant
        order.lock(connection, [endpoint])
        planned_again = connection.execute(_RESEND, values).fetchall()
        order.unblock(connection, [(row[0], row[1]) for row in planned_again])
        count = len(planned_again)
        details = {name: value for name, value in values.items() if value is not None} | {"sent_again": count}
        record_action(connection, "webhook.resend", who.name, str(endpoint), details=details, tenant=tenant)
        connection.execute(f"NOTIFY {CHANNEL}")
    return count


def test(connection: Connection[Any], who: Principal, endpoint: UUID) -> int:
    """Plan a test event; the id of its delivery."""
    get(connection, who, endpoint)
    event_id = str(uuid4())
    row = connection.execute(
        "INSERT INTO hooks.delivery (endpoint_id, kind, event_id, type, subject) VALUES (%s, 'test', %s, %s, %s)"
        " RETURNING delivery_id",
        [endpoint, event_id, TEST, event_id],
    ).fetchone()
    connection.execute(f"NOTIFY {CHANNEL}")
    assert row is not None
    return int(row[0])
