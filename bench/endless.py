"""What one event of a call costs that has lived through much, and what the others wait for it.

Why: a call is told from all its facts, so that a call that never ends (a conference of a day, a caller in a loop of
announcements) could take the projection for itself. Its facts are stored with each page; it is told at a pace and in
slices. A page here is one event, with all that a runner does for it: fold, write tables, move the position.
"""

from __future__ import annotations

import time
from statistics import median

import psycopg

from bench import servers
from bench.report import Row, Table
from core.event import SwitchEvent
from projections.callflow import TOPICS, CallFold
from projections.digest import digest
from projections.fold import FoldKind
from projections.log_page import LogPage
from projections.place import Place
from projections.projection import SESSION, Projection
from tests.projections.callflow.long_calls import HeldCall

FACTS = (100, 1_000, 10_000)
PAGES = 300
DAY = 86_400


class _Projection:
    """The call projection, fed page by page."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection
        self._projection = Projection(FoldKind(CallFold, TOPICS))
        with connection.transaction(), connection.cursor() as cursor:
            self._place = self._projection.lock(cursor)

    def page(self, events: list[SwitchEvent]) -> tuple[float, float]:
        """Fold a page; the milliseconds that it took, and those of them in which this process was at work."""
        reached = self._place.position + len(events)
        begin, busy = time.perf_counter(), time.process_time()
        digest(self._connection, self._projection, LogPage(events, [], reached), self._place)
        took, worked = time.perf_counter() - begin, time.process_time() - busy
        self._place = Place(reached, self._place.generation)
        return took * 1000, worked * 1000


def measure() -> Table:
    """For calls of each length: its own events, and those of others in between."""
    rows = []
    for facts in FACTS:
        with servers.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(SESSION)
            projection = _Projection(connection)
            endless = HeldCall("endless")
            projection.page([*endless.begin(), *endless.turns(facts - 5)])
            own, other = [], []
            for number in range(PAGES):
                own.append(projection.page(list(endless.turns(1))))
                call = HeldCall(f"short-{number}", number=10_000_000 + 10 * number, after=DAY + number)
                other.append(projection.page(call.begin()))
            for name, pages in (("its own event", own), ("another call of 5 events", other)):
                took, worked = [page[0] for page in pages], [page[1] for page in pages]
                most = sorted(took)[PAGES * 99 // 100]
                worst = f"99 of 100 within {most:.1f} ms; at work {median(worked):.1f}, at most {max(worked):.1f} ms"
                rows.append(Row(f"{facts:,} facts: {name}", took, "ms", worst))
    notes = [
        f"each of {PAGES} pages apart; the clock of the switch goes on by seconds between them",
        "at work: what of it is this process's own, without the database and whatever else the machine does",
    ]
    return Table("endless", "what a page takes beside a call that has lived through so much", rows, rows[0].name, notes)
