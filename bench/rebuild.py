"""How long does it take to tell a million stored events again, from the log to the second set of tables?

Why: a rebuild is what makes the records repairable, and it must be something that one does on a working day. The log is
a recorded load, stored again and again with sequences of another core each time and legs of its own. Deriving, writing
and comparing are all in the figure. Not part of a usual run, because it takes minutes: `python -m bench rebuild`.
"""

from __future__ import annotations

import os
import re
import time

from bench import corpus, servers
from bench.report import Row, Table
from core.log import EventLog, Incoming
from projections.callflow import TOPICS, CallFold
from projections.rebuild import rebuild
from projections.runner import Runner

SCENARIO = "54-load"
EVENTS = int(os.environ.get("HARMONY_BENCH_EVENTS", "1000000"))
_UUID = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def measure() -> Table:
    """Store, fold once, rebuild once."""
    with servers.database() as dsn:
        with EventLog(dsn) as log:
            messages = corpus.terms(SCENARIO)
            stored = 0
            copy = 0
            while stored < EVENTS:
                other = b"%08x" % (0xA0000000 + copy)
                for at in range(0, len(messages), 2000):
                    batch = [_renamed(one, other) for one in messages[at : at + 2000]]
                    stored += log.append([Incoming(f"freeswitch@bench{copy}", one, 0) for one in batch])
                copy += 1
            head = log.head()
        begin = time.perf_counter()
        Runner(dsn, CallFold, TOPICS).run_once()
        first = stored / (time.perf_counter() - begin)
        begin = time.perf_counter()
        outcome = rebuild(dsn, CallFold, TOPICS)
        again = stored / (time.perf_counter() - begin)
    rows = [Row("the first fold", [first]), Row("the rebuild beside it, compared and swapped", [again])]
    notes = [f"{stored:,} events in the log up to position {head:,}; {outcome}"]
    return Table("rebuild", "events of the log told again per second", rows, rows[0].name, notes)


def _renamed(message: bytes, other: bytes) -> bytes:
    return _UUID.sub(lambda found: _mixed(found[0], other), message)


def _mixed(old: bytes, new: bytes) -> bytes:
    """Another UUID for each copy of the log, the same for the same."""
    return b"%08x" % (int(old, 16) ^ int(new, 16))
