"""Folds one event again that the projection had to leave out, long after its place in the log has passed.

The call comes out as if the event had been folded in its place, because a call's facts are ordered by the switches'
clocks, not by when they were taken in. It happens in one transaction under the projection's lock; the generation is
counted up, so that whoever keeps calls in memory (the runner, followers of live calls) starts again from the tables.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import psycopg

from core.event import SwitchEvent
from core.log.driver import connect, translated
from core.log.eventlog import EventLog
from projections.callflow.changes import Changes
from projections.errors import CannotFold
from projections.fold import Fold, FoldKind
from projections.log_page import LogPage
from projections.projection import NAME, SESSION, Projection

_AGAIN = "UPDATE log.projection SET generation = generation + 1 WHERE name = %s"


class _Strict:
    """A fold whose refusals are remembered, for the projection itself would park the event once more and go on."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self.refusal: Exception | None = None

    def wanted(self, events: Sequence[SwitchEvent]) -> list[str]:
        return self._fold.wanted(events)

    def restore(self, state: bytes) -> None:
        self._fold.restore(state)

    def apply(self, event: SwitchEvent) -> None:
        try:
            self._fold.apply(event)
        except Exception as error:
            self.refusal = error
            raise

    def take_changes(self) -> Changes:
        return self._fold.take_changes()


def refold(
    dsn: str,
    position: int,
    make_fold: Callable[[], Fold],
    topics: Collection[str] | None,
    also: Callable[[psycopg.Connection[Any]], None],
) -> None:
    """Fold the event at a position of the switch log again, and do ``also`` in the same transaction.

    Raises `CannotFold` when it cannot be used now either, `BadState` when its bytes cannot be read, `LogAway`.
    """
    folds: list[_Strict] = []

    def make() -> _Strict:
        folds.append(_Strict(make_fold()))
        return folds[-1]

    with EventLog(dsn) as events, connect(dsn, "harmony refold") as connection:
        event = events.get(position)
        if event is None:
            raise CannotFold(f"There is no event at position {position} any more: skip it.")
        projection = Projection(FoldKind(make, topics))
        connection.execute(SESSION)
        with connection.transaction(), connection.cursor() as cursor:
            with translated():
                place = projection.lock(cursor)
            try:
                projection.fold_page(cursor, LogPage([event], [], place.position))
            except psycopg.Error as error:
                if isinstance(error, psycopg.OperationalError):
                    raise
                raise CannotFold(f"What follows from the event cannot be stored ({_first_line(error)}).") from error
            if refusal := next((fold.refusal for fold in folds if fold.refusal is not None), None):
                raise CannotFold(
                    f"The fold still fails on this event ({type(refusal).__name__}: {_first_line(refusal)})."
                ) from refusal
            cursor.execute(_AGAIN, [NAME])
            also(connection)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
