"""How many events a second become calls: by the fold alone, and by the runner that reads, folds and writes tables?

Why: this is the rate at which a log is told again after the rules got better, and the head room over live traffic.
The events are those of a recorded load of 1,200 calls on one switch, many at once. The fold asks for some topics only;
the database leaves out the others, so the rate counts the events of the log that were passed, as a rebuild sees it.
"""

from __future__ import annotations

import time

import psycopg

from bench import corpus, servers
from bench.report import Row, Table
from core.event import SwitchEvent
from core.log import EventLog, Incoming
from projections.callflow import TOPICS, CallFold
from projections.runner import PAGE, Runner

SCENARIO = "54-load"
ROUNDS = 3


def measure() -> Table:
    """Store the load once, then fold it several times."""
    with servers.database() as dsn:
        with EventLog(dsn) as log:
            messages = corpus.terms(SCENARIO)
            now = time.time_ns() // 1000
            for at in range(0, len(messages), 2000):
                log.append([Incoming("freeswitch@bench", term, now) for term in messages[at : at + 2000]])
            head = log.head()
            events = log.read(0, head, TOPICS)
        alone = [head / _fold(events) for _ in range(ROUNDS)]
        whole = []
        for _ in range(ROUNDS):
            _forget(dsn)
            begin = time.perf_counter()
            Runner(dsn, CallFold, TOPICS).run_once()
            whole.append(head / (time.perf_counter() - begin))
        calls = _calls(dsn)
        facts = servers.settings(dsn)
    rows = [Row("the fold alone, events in memory", alone), Row("the runner: read, fold, write tables", whole)]
    notes = [f"{len(events):,} of {head:,} events are of topics that the fold reads; {calls:,} calls came out; {facts}"]
    return Table("fold", f"events of the log passed per second, pages of {PAGE:,}, one core", rows, rows[0].name, notes)


def _fold(events: list[SwitchEvent]) -> float:
    """Seconds that the fold takes for these events, page by page, nothing written."""
    fold = CallFold()
    begin = time.perf_counter()
    for at in range(0, len(events), PAGE):
        page = events[at : at + PAGE]
        readings = [fold.read(event) for event in page]
        fold.missing_legs(readings)
        for reading in readings:
            fold.apply(reading)
        fold.take_changes()
    return time.perf_counter() - begin


def _forget(dsn: str) -> None:
    """Empty the tables that the projection writes, and put it back to the beginning of the log."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        tables = connection.execute("SELECT format('calls.%I', tablename) FROM pg_tables WHERE schemaname = 'calls'")
        names = ", ".join(str(name) for (name,) in tables.fetchall())
        connection.execute(f"TRUNCATE {names}, log.call_event".encode())
        connection.execute("UPDATE log.projection SET position = 0")
        connection.execute("VACUUM ANALYZE")


def _calls(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM calls.call").fetchone()
    return int(row[0]) if row else 0
