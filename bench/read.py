"""How fast is the log read back, in order, as a projection or a replay does: by our log and by the library's recorder?

Why: a rebuild reads everything that was ever stored. Both read the same states in pages of 1,000 from a warm cache;
ours decompresses them to terms, the library hands out the stored bytes as they are.
"""

from __future__ import annotations

import time

from eventsourcing.persistence import StoredEvent

from bench import corpus, servers
from bench.report import Row, Table, side_by_side
from core.log import EventLog, Incoming
from core.log.prepare import Preparer

EVENTS = 20_000
PAGE = 1000
TOPICS = ("CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_HANGUP_COMPLETE")


def measure() -> Table:
    """Fill both tables with the same events, then read them in turns."""
    with servers.database() as dsn, EventLog(dsn) as log:
        recorder, preparer, stored = servers.library_recorder(dsn), Preparer(), 0
        messages = corpus.fresh(EVENTS, 1)
        now = time.time_ns() // 1000
        for at in range(0, EVENTS, PAGE):
            ready = preparer.prepare([Incoming("freeswitch@bench", term, now) for term in messages[at : at + PAGE]])
            log.append_prepared(ready)
            rows = [
                StoredEvent(servers.stream_id(row), stored + number, row.topic, row.state)
                for number, row in enumerate(ready.rows)
            ]
            stored += len(rows)
            for part in range(0, len(rows), 100):
                recorder.insert_events(rows[part : part + 100])

        def by_log(topics: tuple[str, ...] | None = None) -> int:
            after = seen = 0
            while page := log.read(after, PAGE, topics):
                after, seen = page[-1].position, seen + len(page)
            return seen

        def by_library() -> int:
            after = seen = 0
            while page := recorder.select_notifications(after, PAGE, inclusive_of_start=False):
                after, seen = page[-1].id, seen + len(page)
            return seen

        some = by_log(TOPICS)
        runs = side_by_side(
            {
                "our log, terms": by_log,
                f"our log, {len(TOPICS)} topics only: events passed over": lambda: by_log(TOPICS) and EVENTS,
                "the library's recorder, bytes": by_library,
            },
            seconds=1,
        )
        recorder.datastore.close()
        facts = servers.settings(dsn)
    notes = [f"the {len(TOPICS)} topics hold {some:,} of the {EVENTS:,} events; the database leaves the others out"]
    rows_ = [Row(name, found) for name, found in runs.items()]
    return Table(
        "read", f"{EVENTS:,} events, pages of {PAGE:,}; {facts}", rows_, "the library's recorder, bytes", notes
    )
