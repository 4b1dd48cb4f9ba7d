"""The sums of a list of calls: how many, how they came out, how long was talked and waited, and when they were.

All over exactly the calls that a filter names, whoever asks.
"""

from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL

from projections.callflow.document import instant_text
from projections.query.filters import CallFilter, query

BUCKETS = 48
"""bars of the picture of when, at most"""
_WIDTHS = (60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)
"""seconds that a bar may stand for"""

_SUMS = SQL("""
    WITH found AS MATERIALIZED (
        SELECT c.started_at, c.answered, c.outcome, c.talk_seconds, c.waited_seconds, c.queue FROM {} WHERE {}
    ), span AS (
        SELECT width FROM unnest(%s::int[]) AS width,
            (SELECT max(started_at) - min(started_at) AS whole FROM found) AS f
        WHERE extract(epoch FROM coalesce(whole, interval '0')) / width < %s ORDER BY width LIMIT 1
    ), bars AS (
        SELECT date_bin(make_interval(secs => width), started_at, 'epoch') AS at, count(*) AS calls,
            count(*) FILTER (WHERE answered) AS answered
        FROM found, span GROUP BY 1 ORDER BY 1
    )
    SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM found WHERE answered),
        (SELECT coalesce(sum(talk_seconds), 0) FROM found),
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited_seconds) FROM found WHERE queue IS NOT NULL),
        (SELECT coalesce(json_object_agg(outcome, n), '{{}}')
            FROM (SELECT outcome, count(*) AS n FROM found WHERE outcome IS NOT NULL GROUP BY 1) AS o),
        (SELECT width FROM span),
        (SELECT coalesce(json_agg(json_build_array(extract(epoch FROM at)::bigint, calls, answered)), '[]') FROM bars)
""")


class Bar(msgspec.Struct, frozen=True):
    """The calls that began in a stretch of time."""

    at: str
    """when it begins"""
    calls: int
    answered: int


class CallSums(msgspec.Struct, frozen=True):
    """The sums of the calls that a filter names."""

    calls: int
    answered: int
    """by a person, or in a conference"""
    talk_seconds: float
    median_wait_seconds: float | None
    """of those that waited in a queue; null: none did"""
    outcomes: dict[str, int]
    """ended calls by their outcome"""
    bar_seconds: int | None
    """how long a bar is; null: there are none"""
    bars: list[Bar]
    """when they began, the first first; those without calls are left out"""


def sums(connection: Connection[Any], asked: CallFilter) -> CallSums:
    """Raises BadFilter."""
    made = query(asked)
    row = connection.execute(_SUMS.format(made.tables, made.where), [*made.values, list(_WIDTHS), BUCKETS]).fetchone()
    assert row is not None
    calls, answered, talk, wait, outcomes, width, bars = row
    return CallSums(
        calls=calls,
        answered=answered,
        talk_seconds=float(talk),
        median_wait_seconds=None if wait is None else float(wait),
        outcomes=outcomes,
        bar_seconds=width if calls else None,
        bars=[Bar(instant_text(at * 1_000_000), count, good) for at, count, good in bars],
    )
