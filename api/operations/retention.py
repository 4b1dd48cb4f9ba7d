"""Retention as it is applied: by the projection process once a day, or by an operator; each time recorded as an event.

What may be dropped is decided in `projections.retention`.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg

from api.site import Site
from core.following import Follower, Session
from core.log.hearing import connected
from core.log.retention import drop, retained
from core.operating import record_action
from projections.retention import DAY, droppable

LOG = logging.getLogger("harmony.retention")
LOOKS = 600.0
"""seconds between two looks whether a day has passed"""
LONGEST_BACK_OFF = 60.0
LONGEST_STEP = 3600.0
"""seconds: the first time, a log of years may have to go"""
"""seconds until it is tried again"""


class Applied(msgspec.Struct, frozen=True):
    """What one application did."""

    dropped: int
    floor: int
    """all events behind this position are there"""
    unread: bool
    """a projection is behind: some that are old enough stay until it has read them"""


def apply(
    connection: psycopg.Connection[Any],
    days: float,
    by: str,
    reason: str = "",
    advance: Callable[[int, int], bool] | None = None,
) -> Applied:
    """Drop what is older than so many days and may go. ``connection`` is in autocommit mode."""
    what = droppable(connection, days)
    recorded = False

    def going_on(position: int, dropped: int) -> bool:
        nonlocal recorded
        if dropped and not recorded:
            details = {"keep_days": days, "upto": what.upto}
            record_action(connection, "retention.drop", by, "switch events", reason, details)
            recorded = True
        return advance is None or advance(position, dropped)

    dropped = drop(connection, what.upto, what.keep, going_on)
    return Applied(dropped, retained(connection).floor, what.unread)


class Retainer(Follower):
    """Applies retention once a day, in the process that folds; a database that is away is tried again."""

    def __init__(self, dsn: str, days: float, looks: float = LOOKS) -> None:
        super().__init__("retention", longest=LONGEST_BACK_OFF, longest_step=LONGEST_STEP)
        self._dsn, self._days, self._looks = dsn, days, looks

    @contextmanager
    def session(self) -> Iterator[Session]:
        yield Session(self._step, lambda: self.rest(self._looks))

    def _step(self) -> bool:
        with connected(self._dsn, "harmony retention") as connection:
            self._look(connection)
        return False

    def _look(self, connection: psycopg.Connection[Any]) -> None:
        last = retained(connection).applied_at
        if last is not None and time.time_ns() // 1000 - last < DAY:
            return
        done = apply(
            connection,
            self._days,
            "retention",
            "the setting keep_switch_events",
            lambda *_: not self.stopping.is_set(),
        )
        if done.dropped:
            LOG.info("%d switch events older than %g days were dropped", done.dropped, self._days)

    def stop(self, timeout: float = 30.0) -> bool:
        """End after the present batch."""
        return super().stop(timeout)


def started(here: Site) -> Retainer:
    """The thread, running unless everything is kept for ever."""
    keep = here.settings.keep_switch_events
    retainer = Retainer(here.dsn, float("inf") if keep == "forever" else keep)
    if keep != "forever":
        retainer.start()
    return retainer
