"""Deliveries as the sender sees them: claimed in runs, and what became of each attempt, a transaction at a time.

Of one endpoint and subject only the first that is pending is ever due (`api.hooks.order`); with it are claimed those
that follow it, so that a busy subject goes quickly. A claim has two ends beside its result: the sender's place is
gone (it was killed), or it has expired. Either way the deliveries are due again: at least once, and first arrivals
in order.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from api.hooks import order
from api.hooks.endpoints import CHANNEL
from api.hooks.post import Answer
from core.places import take

RUN = 8
"""deliveries of one subject that are claimed together"""
LEASE = timedelta(minutes=5)
"""longer than a run can take"""
PLACE = "webhook sender "
"""the place of a sender, with its number behind"""

_CLAIM: LiteralString = """
    WITH head AS (
        SELECT d.* FROM hooks.endpoint e
        LEFT JOIN unnest(%(busy)s::uuid[], %(runs)s::int[]) AS b (endpoint_id, runs) USING (endpoint_id)
        CROSS JOIN LATERAL (
            SELECT p.delivery_id, p.endpoint_id, p.subject, p.merged FROM hooks.delivery p
            WHERE p.endpoint_id = e.endpoint_id AND p.state = 'pending' AND NOT p.blocked
                AND p.next_attempt_at <= now()
            ORDER BY p.next_attempt_at, p.delivery_id
            LIMIT greatest(0, CASE WHEN e.failing_since IS NULL THEN %(most)s ELSE 1 END - coalesce(b.runs, 0))
            FOR UPDATE SKIP LOCKED) d
        WHERE e.state = 'enabled' LIMIT %(room)s),
    run AS (
        SELECT g.delivery_id FROM head h CROSS JOIN LATERAL (
            SELECT f.delivery_id, bool_and(f.merged = h.merged) OVER (ORDER BY f.delivery_id) AS alike FROM (
                SELECT d.delivery_id, d.merged FROM hooks.delivery d
                WHERE d.endpoint_id = h.endpoint_id AND d.subject = h.subject AND d.state = 'pending'
                    AND d.delivery_id >= h.delivery_id
                ORDER BY d.delivery_id LIMIT %(run)s) f) g
        WHERE g.alike)
    UPDATE hooks.delivery d SET claimed_by = %(me)s, next_attempt_at = now() + %(lease)s
    FROM run WHERE d.delivery_id = run.delivery_id
    RETURNING d.delivery_id, d.endpoint_id, d.kind, d.event_id, d.position, d.subject, d.attempts, d.planned_at
"""
_TARGETS = """
    SELECT e.endpoint_id, e.url, array_agg(s.generation ORDER BY s.generation DESC) AS generations
    FROM hooks.endpoint e JOIN hooks.secret s USING (endpoint_id)
    WHERE e.endpoint_id = ANY(%s) AND (s.until IS NULL OR s.until > now()) GROUP BY e.endpoint_id
"""
# What is gone meanwhile (its webhook was removed) is passed over.
_THERE = "SELECT delivery_id FROM hooks.delivery WHERE delivery_id = ANY(%s) ORDER BY delivery_id FOR UPDATE"
_ATTEMPTS = """
    INSERT INTO hooks.attempt (delivery_id, number, at, status, ms, answer, error)
    SELECT a.id, coalesce((SELECT max(number) FROM hooks.attempt o WHERE o.delivery_id = a.id), 0) + 1,
        a.at, a.status, a.ms, a.answer, a.error
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::int[], %s::text[], %s::text[])
        AS a (id, at, status, ms, answer, error)
"""
_ENDED = """
    UPDATE hooks.delivery d
    SET state = r.state, attempts = attempts + 1, claimed_by = NULL, blocked = false, ended_at = clock_timestamp()
    FROM unnest(%s::bigint[], %s::text[]) AS r (id, state) WHERE d.delivery_id = r.id AND d.state = 'pending'
"""
_LATER = """
    UPDATE hooks.delivery d
    SET attempts = attempts + 1, claimed_by = NULL, next_attempt_at = clock_timestamp() + r.wait
    FROM unnest(%s::bigint[], %s::interval[]) AS r (id, wait)
    WHERE d.delivery_id = r.id AND d.state = 'pending' AND d.claimed_by = %s
"""
# What was claimed behind one that failed goes back: it waits for that one.
_BACK = """
    UPDATE hooks.delivery d SET claimed_by = NULL, next_attempt_at = clock_timestamp()
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[]) AS r (id, endpoint_id, subject)
    WHERE d.endpoint_id = r.endpoint_id AND d.subject = r.subject AND d.state = 'pending' AND d.delivery_id > r.id
        AND d.claimed_by = %s
"""
_FAILING = """
    UPDATE hooks.endpoint SET failing_since = clock_timestamp()
    WHERE endpoint_id = ANY(%s) AND failing_since IS NULL
"""
_WELL = "UPDATE hooks.endpoint SET failing_since = NULL WHERE endpoint_id = ANY(%s) AND failing_since IS NOT NULL"
_LET_GO = "UPDATE hooks.delivery SET claimed_by = NULL, next_attempt_at = clock_timestamp() WHERE claimed_by = %s"
_SWEEP = """
    UPDATE hooks.delivery SET claimed_by = NULL, next_attempt_at = clock_timestamp()
    WHERE claimed_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM log.place_held h WHERE h.name = %s || claimed_by)
"""
_FIGURES = """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(planned_at)), 0)::float8,
        (SELECT count(*) FROM hooks.delivery WHERE state = 'dead'),
        (SELECT count(*) FROM hooks.endpoint WHERE state = 'disabled'), (SELECT count(*) FROM hooks.endpoint),
        (SELECT count(*) FROM hooks.endpoint WHERE state = 'enabled' AND failing_since IS NOT NULL),
        (SELECT coalesce(extract(epoch FROM clock_timestamp() - max(failing_since)), 0)::bigint
            FROM hooks.endpoint WHERE state = 'enabled')
    FROM hooks.delivery d JOIN hooks.endpoint e USING (endpoint_id) WHERE d.state = 'pending' AND e.state = 'enabled'
"""


class Delivery(msgspec.Struct, frozen=True):
    """One that was claimed."""

    id: int
    endpoint: UUID
    kind: str
    event_id: str
    position: int | None
    subject: str
    attempts: int
    planned_at: datetime


class Target(msgspec.Struct, frozen=True):
    """Where a claimed delivery goes, and which generations of the secret sign."""

    endpoint_id: UUID
    url: str
    generations: list[int]


class Run(msgspec.Struct, frozen=True):
    """Deliveries of one subject to one endpoint, in order."""

    target: Target
    deliveries: list[Delivery]


class Result(msgspec.Struct, frozen=True):
    """What became of an attempt; `wait` None with an error: that was the last."""

    delivery: Delivery
    at: datetime
    answer: Answer
    wait: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is tried."""
        return self.wait is None


class Figures(msgspec.Struct, frozen=True):
    """What those who watch want to know. Deliveries to disabled endpoints are not pending: nobody waits for them."""

    pending: int
    oldest_pending_seconds: float
    dead: int
    disabled: int
    endpoints: int
    failing: int
    failing_seconds: int
    """for how long even the one that failed last has failed"""


class Queue:
    """One sender's place at the table. Not to be shared between threads."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        # A host that vanishes lets go of its claims soon, not after the two hours of the operating system.
        for name, value in (("idle", 10), ("interval", 5), ("count", 3)):
            connection.execute(f"SET tcp_keepalives_{name} = {value}")
        row = connection.execute("SELECT nextval('hooks.sender')::int").fetchone()
        assert row is not None
        self.number = int(row[0])
        assert take(connection, f"{PLACE}{self.number}")

    def claim(self, busy: dict[UUID, int], most: int, room: int) -> list[Run]:
        """Runs that are due. `busy`: runs in hand by endpoint; `most` of them an endpoint, `room` in all."""
        values = {
            "busy": list(busy),
            "runs": list(busy.values()),
            "most": most,
            "room": room,
            "run": RUN,
            "me": self.number,
            "lease": LEASE,
        }
        with self._connection.transaction():
            rows = self._connection.execute(_CLAIM, values).fetchall()
            runs: dict[tuple[UUID, str], list[Delivery]] = {}
            for row in sorted(rows):
                delivery = Delivery(*row)
                runs.setdefault((delivery.endpoint, delivery.subject), []).append(delivery)
            with self._connection.cursor(row_factory=class_row(Target)) as cursor:
                found = cursor.execute(_TARGETS, [list({key[0] for key in runs})]).fetchall()
        targets = {target.endpoint_id: target for target in found}
        return [Run(targets[key[0]], run) for key, run in runs.items()]

    def record(self, results: list[Result]) -> None:
        """Store what became of attempts, all or none; at most one result a delivery."""
        run = self._connection.execute
        with self._connection.transaction():
            order.lock(self._connection, [r.delivery.endpoint for r in results])
            there = {row[0] for row in run(_THERE, [[r.delivery.id for r in results]]).fetchall()}
            results = [r for r in results if r.delivery.id in there]
            run(_ATTEMPTS, _columns(_attempt(r) for r in results) or [[]] * 6)
            if ended := [(r.delivery.id, "delivered" if r.answer.delivered else "dead") for r in results if r.over]:
                run(_ENDED, _columns(ended))
            if later := [(r.delivery.id, timedelta(seconds=r.wait)) for r in results if r.wait is not None]:
                run(_LATER, [*_columns(later), self.number])
            failed = [r.delivery for r in results if not r.answer.delivered]
            if failed:
                run(_BACK, [*_columns((d.id, d.endpoint, d.subject) for d in failed), self.number])
            order.unblock(self._connection, [(r.delivery.endpoint, r.delivery.subject) for r in results])
            last = {r.delivery.endpoint: r.answer.delivered for r in results}
            run(_FAILING, [[endpoint for endpoint, well in last.items() if not well]])
            run(_WELL, [[endpoint for endpoint, well in last.items() if well]])

    def failing_for(self, endpoint: UUID) -> timedelta:
        """How long an endpoint has failed without a success."""
        row = self._connection.execute(
            "SELECT clock_timestamp() - failing_since FROM hooks.endpoint WHERE endpoint_id = %s", [endpoint]
        ).fetchone()
        return row[0] if row is not None and row[0] is not None else timedelta()

    def let_go(self) -> None:
        """Give back what is in hand and was not attempted."""
        self._connection.execute(_LET_GO, [self.number])
        self._connection.execute(f"NOTIFY {CHANNEL}")

    def sweep(self) -> int:
        """Make what dead senders had in hand due again; how many those were."""
        return self._connection.execute(_SWEEP, [PLACE]).rowcount

    def figures(self) -> Figures:
        return figures(self._connection)


def _attempt(result: Result) -> tuple[object, ...]:
    answer = result.answer
    return (result.delivery.id, result.at, answer.status, answer.ms, answer.text, answer.error)


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Rows as the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]


def figures(connection: Connection[Any]) -> Figures:
    """The state of all webhooks in figures."""
    row = connection.execute(_FIGURES).fetchone()
    assert row is not None
    return Figures(int(row[0]), round(float(row[1]), 1), *(int(value) for value in row[2:]))


def tidy(connection: Connection[Any], keep: timedelta, most: int = 5000) -> int:
    """Remove deliveries that came to their end longer ago than this, a bounded number at a time; how many."""
    return connection.execute(
        "DELETE FROM hooks.delivery WHERE delivery_id IN (SELECT delivery_id FROM hooks.delivery"
        " WHERE ended_at < clock_timestamp() - %s ORDER BY ended_at LIMIT %s)",
        [keep, most],
    ).rowcount
