"""The measures of a queue: each by name, with its formula, in one place; the SQL that reports and boards both use.

A stay is one wait in one queue (`calls.stay`). S is the limit under which an abandoned stay counts as short, T the
target, both seconds. What was handed on is no stay of its own: who took the place is counted. Sources: the service
level's three variants are those of Cisco's Intelligent Contact Management; Amazon Connect and Genesys define ASA and
abandon rate so.
"""

from __future__ import annotations

from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL

from core.reach import Reach

TARGET = 20.0
"""seconds (T), where nobody said another"""
SHORT = 5.0
"""seconds (S), where nobody said another"""

ABANDONED = ("abandoned", "left_by_key", "timeout", "no_agent", "other")
"""outcomes of a stay that nobody answered, and that went nowhere else: B"""

_MEASURES = SQL("""
    SELECT queue, tenant,
        count(*) FILTER (WHERE outcome <> 'handed_on' AND NOT short) AS offered,
        count(*) FILTER (WHERE outcome = 'answered') AS answered,
        count(*) FILTER (WHERE outcome = 'taken') AS taken,
        count(*) FILTER (WHERE outcome = 'overflowed') AS overflowed,
        count(*) FILTER (WHERE lost AND NOT short) AS abandoned,
        count(*) FILTER (WHERE short) AS abandoned_short,
        count(*) FILTER (WHERE outcome = 'answered' AND waited_seconds <= %(target)s) AS answered_in_target,
        count(*) FILTER (WHERE lost AND NOT short AND waited_seconds <= %(target)s) AS abandoned_in_target,
        avg(waited_seconds) FILTER (WHERE outcome = 'answered') AS average_speed_of_answer,
        max(waited_seconds) AS longest_wait,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY waited_seconds) AS median_wait
    FROM (
        SELECT *, coalesce(outcome, 'other') = ANY(%(lost)s) AS lost,
            coalesce(outcome, 'other') = ANY(%(lost)s) AND waited_seconds < %(short)s AS short
        FROM calls.stay s
        WHERE left_at IS NOT NULL AND entered_at >= %(since)s AND entered_at < %(until)s
            AND (%(tenant)s::text IS NULL OR tenant = %(tenant)s)
            AND (%(queues)s::text[] IS NULL OR queue || '@' || tenant = ANY(%(queues)s::text[]))
    ) AS stays
    GROUP BY tenant, queue ORDER BY tenant, queue
""")


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """The stays of a queue that entered in a stretch of time and are over."""

    queue: str
    tenant: str | None
    offered: int
    """O: all but those abandoned before S"""
    answered: int
    """A: by an agent of the queue"""
    taken: int
    """fetched out of the queue by somebody"""
    overflowed: int
    """went on to something else unanswered"""
    abandoned: int
    """B: nobody answered, and they went nowhere else; those before S are left out"""
    abandoned_short: int
    """abandoned before S"""
    answered_in_target: int
    abandoned_in_target: int
    average_speed_of_answer: float | None
    """seconds; ASA: waits of answered / A; null: nothing was answered"""
    longest_wait: float | None
    """seconds"""
    median_wait: float | None
    """seconds"""

    @property
    def service_level(self) -> dict[str, float | None]:
        """The share within the target, 0 to 1, by variant: negative A≤T/O, ignore A≤T/(O-B≤T), positive (A≤T+B≤T)/O."""
        good, gone, all_ = self.answered_in_target, self.abandoned_in_target, self.offered
        return {
            "negative": good / all_ if all_ else None,
            "ignore": good / (all_ - gone) if all_ > gone else None,
            "positive": (good + gone) / all_ if all_ else None,
        }


def measures(
    connection: Connection[Any],
    since: str,
    until: str,
    tenant: str | None,
    reach: Reach | None = None,
    target: float = TARGET,
    short: float = SHORT,
) -> list[Measures]:
    """By queue. ``since``, ``until``: instants; a stay counts by when it was entered."""
    values = {
        "since": since,
        "until": until,
        "tenant": tenant,
        "queues": None if reach is None else list(reach.queues),
        "target": target,
        "short": short,
        "lost": list(ABANDONED),
    }
    rows = connection.execute(_MEASURES, values).fetchall()
    names = (
        "queue",
        "tenant",
        "offered",
        "answered",
        "taken",
        "overflowed",
        "abandoned",
        "abandoned_short",
        "answered_in_target",
        "abandoned_in_target",
        "average_speed_of_answer",
        "longest_wait",
        "median_wait",
    )
    return [Measures(**dict(zip(names, row, strict=True))) for row in rows]


__all__ = ["ABANDONED", "SHORT", "TARGET", "Measures", "measures"]
