"""How long does a list of calls take, with each filter that people try first, on a million calls?

Why: a list is what a page shows while somebody waits, and a filter without an index would be found out in the field.
The calls are made up, with tenants, numbers and outcomes of very different frequency; each figure is the 99th
percentile of random questions, first and second pages alike. The notes tell which index answered. Not part of a usual
run, because making the calls takes two minutes: `python -m bench lists`.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

import psycopg

from bench import servers
from bench.report import Row, Table
from core.reach import reach
from projections.query import CallFilter, list_calls
from projections.query.calls import summaries

CALLS = 1_000_000
QUESTIONS = 60
ROUNDS = 3
_DAY = 86_400_000_000
_START = 1_767_225_600_000_000  # 2026-01-01

_MAKE = """
    CREATE TEMPORARY TABLE made AS SELECT n, 'call-' || lpad(n::text, 9, '0') AS call_id,
        (1000 + (random() * random() * 3000)::int)::text AS a, (1000 + (random() * 3000)::int)::text AS b,
        CASE WHEN random() < 0.7 THEN 'internal' WHEN random() < 0.6 THEN 'inbound' ELSE 'outbound' END AS direction,
        CASE WHEN random() < 0.001 THEN 'unserved' ELSE (array['answered', 'answered', 'answered', 'no_answer', 'busy',
            'rejected', 'cancelled', 'failed', 'voicemail'])[1 + (random() * 8)::int] END AS outcome,
        CASE WHEN random() < 0.1 THEN 'queue' || (random() * 20)::int END AS queue,
        'tenant' || (random() * random() * 200)::int AS tenant,
        timestamptz '2026-01-01' + n * interval '25 s' AS started_at, exp(random() * 8) AS seconds,
        random() < 0.05 AS moved
    FROM generate_series(1, {0}) AS n;
    INSERT INTO calls.call (call_id, tenant, direction, from_party, from_number, from_user, dialled, state, answered,
        outcome, answered_by, queue, agent, started_at, answered_at, ended_at, duration_seconds, talk_seconds,
        held_seconds, offered, transfers, transferred, forwarded, picked_up, parked, quality, version, first_position,
        last_position, as_of_position, live, document)
    SELECT call_id, tenant, direction, a, a, a || '@' || tenant, b, 'complete', outcome = 'answered', outcome, b, queue,
        b, started_at, started_at, started_at + seconds * interval '1 s', seconds, seconds, 0, 1, moved::int, moved,
        false, false, false, 'observed', 5, n * 80, n * 80 + 79, n * 80, n > {0} - 300,
        json_build_object('call_id', call_id, 'rest', repeat(md5(n::text), 60)) FROM made;
    INSERT INTO calls.search SELECT call_id, 0, 'number', a, tenant, started_at, moved FROM made
        UNION ALL SELECT call_id, 1, 'number', b, tenant, started_at, moved FROM made
        UNION ALL SELECT call_id, 2, 'user', a || '@' || tenant, tenant, started_at, moved FROM made
        UNION ALL SELECT call_id, 3, 'queue', queue, tenant, started_at, moved FROM made WHERE queue IS NOT NULL;
"""

Asked = Callable[[random.Random], dict[str, Any]]


def _number(rng: random.Random) -> str:
    return str(1000 + int(rng.random() ** 2 * 3000))


def _tenant(rng: random.Random) -> str:
    return f"tenant{int(rng.random() ** 2 * 200)}"


def _outcome(rng: random.Random) -> str:
    return rng.choice(["answered", "busy", "unserved", "voicemail"])


def _day(rng: random.Random) -> dict[str, Any]:
    since = _START + rng.randrange(280) * _DAY
    return {"since": since, "until": since + _DAY}


def _user(rng: random.Random) -> dict[str, Any]:
    tenant = _tenant(rng)
    return {"user": f"{_number(rng)}@{tenant}", "tenant": tenant}


def _own(rng: random.Random, users: int = 1, queues: int = 0) -> dict[str, Any]:
    """What the role of a user, or of a supervisor, leaves of the company's calls."""
    tenant = _tenant(rng)
    named = [f"{_number(rng)}@{tenant}" for _ in range(users)]
    return {"tenant": tenant, "reach": reach(named, [f"queue{rng.randrange(20)}@{tenant}" for _ in range(queues)])}


FILTERS: dict[str, Asked] = {
    "nothing": lambda _: {},
    "tenant": lambda rng: {"tenant": _tenant(rng)},
    "number": lambda rng: {"number": _number(rng)},
    "number, tenant": lambda rng: {"number": _number(rng), "tenant": _tenant(rng)},
    "user, tenant": _user,
    "direction": lambda rng: {"direction": rng.choice(["internal", "inbound", "outbound"])},
    "outcome": lambda rng: {"outcome": _outcome(rng)},
    "outcome, tenant": lambda rng: {"outcome": _outcome(rng), "tenant": _tenant(rng)},
    "queue": lambda rng: {"queue": f"queue{rng.randrange(20)}"},
    "queue, tenant": lambda rng: {"queue": f"queue{rng.randrange(20)}", "tenant": _tenant(rng)},
    "day": _day,
    "day, number": lambda rng: _day(rng) | {"number": _number(rng)},
    "day, outcome": lambda rng: _day(rng) | {"outcome": "unserved"},
    "longer than": lambda rng: {"min_duration": rng.choice([60, 600, 2000, 2900])},
    "shorter than": lambda rng: {"max_duration": rng.choice([1.01, 1.5, 5])},
    "longer than, tenant": lambda rng: {"min_duration": rng.choice([60, 600, 2900]), "tenant": _tenant(rng)},
    "has transfer": lambda _: {"has_transfer": True},
    "has transfer, tenant": lambda rng: {"has_transfer": True, "tenant": _tenant(rng)},
    "has transfer, number": lambda rng: {"has_transfer": True, "number": _number(rng)},
    "a user's own": _own,
    "a user's own, outcome": lambda rng: _own(rng) | {"outcome": _outcome(rng)},
    "a user's own, day": lambda rng: _own(rng) | _day(rng),
    "a supervisor's: 20 users, 3 queues": lambda rng: _own(rng, 20, 3),
    "a supervisor's, has transfer": lambda rng: _own(rng, 20, 3) | {"has_transfer": True},
    "live, tenant": lambda rng: {"live": True, "tenant": _tenant(rng)},
}


def measure() -> Table:
    """Make the calls, then ask."""
    with servers.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for statement in _MAKE.format(CALLS).split(";\n"):
            connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")
        rng = random.Random(1)
        rows, plans = [], []
        for name, asked in FILTERS.items():
            _ask(connection, asked, rng)  # what the cache holds after a while of use
            rows.append(Row(name, [_ask(connection, asked, rng) for _ in range(ROUNDS)], "ms"))
            plans.append(f"{name}: {_plan(connection, CallFilter(**asked(rng)))}")
        notes = [servers.settings(dsn), *plans]
    return Table(
        "lists", f"p99 of a page of 100 of {CALLS:,} calls, {QUESTIONS} questions a run", rows, "nothing", notes
    )


def _ask(connection: psycopg.Connection[Any], asked: Asked, rng: random.Random) -> float:
    """The 99th percentile in milliseconds."""
    took = []
    for _ in range(QUESTIONS):
        chosen, after = CallFilter(**asked(rng)), None
        for _ in range(2):
            begin = time.perf_counter()
            after = list_calls(connection, chosen, 100, after).next
            took.append(time.perf_counter() - begin)
            if after is None:
                break
    return sorted(took)[int(len(took) * 0.99)] * 1000


def _plan(connection: psycopg.Connection[Any], asked: CallFilter) -> str:
    """The indexes that answer, and whether anything is sorted."""
    statement, values = summaries(asked, 100)
    lines = connection.execute(b"EXPLAIN " + statement.as_bytes(connection), values).fetchall()
    text = "\n".join(str(line) for (line,) in lines)
    indexes = re.findall(r"(?:using|Index Scan on) (\w+)", text)
    return ", ".join(dict.fromkeys(indexes)) + (", then a sort" if "Sort Key" in text else "")
