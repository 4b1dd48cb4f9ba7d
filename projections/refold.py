"""Folds one event again that the projection had to leave out, long after its place in the log has passed.

The call comes out as if the event had been folded in its place, because a call's facts are ordered by the switches'
clocks, not by when they were taken in. It happens in one transaction under the projection's lock; the generation is
counted up, so that whoever keeps calls in memory (the runner, followers of live calls) starts again from the tables.
"""

from collections.abc import Callable, Collection
from typing import Any

import psycopg

from core.log.driver import connect, translated
from core.log.eventlog import EventLog
from projections.digest import fault_of_an_event
from projections.errors import CannotFold, ProjectionError
from projections.fold import Fold, FoldKind
from projections.log_page import LogPage
from projections.projection import NAME, SESSION, Projection

_AGAIN = "UPDATE log.projection SET generation = generation + 1 WHERE name = %s"


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
    with EventLog(dsn) as events, connect(dsn, "harmony refold") as connection:
        event = events.get(position)
        if event is None:
            raise CannotFold(f"There is no event at position {position} any more: skip it.")
        projection = Projection(FoldKind(make_fold, topics))
        connection.execute(SESSION)
        with connection.transaction(), connection.cursor() as cursor:
            with translated():
                place = projection.lock(cursor)
            try:
                left_out = projection.fold_page(cursor, LogPage([event], [], place.position), "all")
            except ProjectionError:
                raise
            except psycopg.Error as error:
                if not fault_of_an_event(connection, error):
                    raise
                raise CannotFold(f"What follows from the event cannot be stored ({_first_line(error)}).") from error
            except Exception as error:
                if not fault_of_an_event(connection, error):
                    raise
                raise CannotFold(
                    f"The fold still fails on this event ({type(error).__name__}: {_first_line(error)})."
                ) from error
            if left_out:
                raise CannotFold(left_out[0].reason)
            cursor.execute(_AGAIN, [NAME])
            also(connection)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
