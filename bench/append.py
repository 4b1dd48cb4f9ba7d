"""How many events a second get stored for good: by our log, by the library's own recorder, and at the very most?

Why: the switch does not wait. Each contender gets events that the log has not seen, one connection, one thread; the
server syncs every commit. The library's recorder is given states that are compressed already, which flatters it, in
batches of 100: one call with more than its socket's buffer holds hangs for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder

from bench import corpus, servers
from bench.report import Row, Table, number
from core.log import EventLog, Incoming
from core.log.prepare import Prepared, Preparer

BATCH = 1000
BATCHES_A_ROUND = 4
ROUNDS = 5
LIBRARY_BATCH = 100
SWITCH = "freeswitch@bench"
_versions = count()


def measure() -> Table:
    """Let the contenders take turns on one server, each with its own table."""
    with servers.database() as dsn, EventLog(dsn) as log, psycopg.connect(dsn, autocommit=True) as connection:
        recorder = servers.library_recorder(dsn)
        connection.execute("CREATE TABLE bare (stream uuid, version bigint, topic text, state bytea)")
        contenders: dict[str, Callable[[list[Incoming], Prepared], None]] = {
            "our log, from the message on": lambda batch, _: _ours(log, batch),
            "our log, prepared batches": lambda _, ready: _prepared(log, ready),
            "PostgresApplicationRecorder": lambda _, ready: _by_library(recorder, ready),
            "bare COPY, no index (the limit)": lambda _, ready: _copy(connection, ready),
        }
        runs: dict[str, list[float]] = {name: [] for name in contenders}
        seeds, preparer = count(), Preparer()
        for round_number in range(ROUNDS + 1):
            for name, store in contenders.items():
                messages = corpus.fresh(BATCH * BATCHES_A_ROUND, next(seeds))
                now = time.time_ns() // 1000
                incoming = [Incoming(SWITCH, term, now) for term in messages]
                batches = [incoming[at : at + BATCH] for at in range(0, len(incoming), BATCH)]
                ready = [preparer.prepare(batch) for batch in batches]
                begin = time.perf_counter()
                for batch, rows in zip(batches, ready, strict=True):
                    store(batch, rows)
                if round_number:  # the first round warms up
                    runs[name].append(len(incoming) / (time.perf_counter() - begin))
        on_disk = _on_disk(connection, "log.switch_event")
        about = (
            f"events stored per second, batches of {BATCH:,} (the library: {LIBRARY_BATCH}); {servers.settings(dsn)}"
        )
        recorder.datastore.close()
    notes = [f"our table on disk: {number(on_disk)} bytes an event, rows and both indexes"]
    return Table(
        "append", about, [Row(name, found) for name, found in runs.items()], "PostgresApplicationRecorder", notes
    )


def _ours(log: EventLog, batch: list[Incoming]) -> None:
    assert log.append(batch) == len(batch)


def _prepared(log: EventLog, ready: Prepared) -> None:
    assert log.append_prepared(ready) == len(ready)


def _by_library(recorder: PostgresApplicationRecorder, ready: Prepared) -> None:
    events = [StoredEvent(servers.stream_id(row), next(_versions), row.topic, row.state) for row in ready.rows]
    for at in range(0, len(events), LIBRARY_BATCH):
        recorder.insert_events(events[at : at + LIBRARY_BATCH])


def _copy(connection: psycopg.Connection[tuple[object, ...]], ready: Prepared) -> None:
    with connection.cursor().copy("COPY bare FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["uuid", "int8", "text", "bytea"])
        for row in ready.rows:
            copy.write_row((UUID(bytes=row.stream), row.sequence, row.topic, row.state))


def _on_disk(connection: psycopg.Connection[tuple[object, ...]], table: str) -> float:
    query = f"SELECT pg_total_relation_size('{table}')::float8 / count(*) FROM {table}"
    return float(str(connection.execute(query).fetchone()[0]))  # type: ignore[index]
