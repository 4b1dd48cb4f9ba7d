"""Folds a page so that an event which cannot be digested is left out, alone, and told, whatever is wrong with it.

What is the fault of an event and what is trouble of the machine is told by where it came up. All that happens between
the lock and the end of the transaction is our own arithmetic on what events say, and statements to the database: so
whatever the arithmetic raises is an event's fault, of any type, and of the statements only what the server says of the
values. Then the page is folded in halves, until the event stands alone. The log is read before, by the caller: trouble
with that is never an event's. The runner and a rebuild both go this way, so that they leave out the same.
"""

from __future__ import annotations

import logging
from typing import Any

import psycopg

from projections.callflow.pacing import Pace
from projections.errors import Moved, ProjectionError
from projections.log_page import LogPage
from projections.parking import LeftOut
from projections.place import Place
from projections.projected import Projected

log = logging.getLogger("harmony.projection")

MOST_TOLD = 10
"""events of one page that a log line is written for"""
_MACHINE = {"08", "25", "28", "3D", "40", "42", "53", "55", "57", "58", "XX"}
"""classes of SQLSTATE that are no fault of a value: worth trying again, never worth leaving an event out"""


def digest(
    connection: psycopg.Connection[Any], projection: Projected, page: LogPage, place: Place, pace: Pace = "due"
) -> int:
    """Fold a page from the place where the projection must be; return how many events were parked.

    One transaction if all goes well (a savepoint, within one of the caller's). Raises `Moved` and `NotThere`, and what
    is trouble of the machine; then nothing of the part of the page that was at hand has happened.
    """
    try:
        with connection.transaction(), connection.cursor() as cursor:
            _hold(cursor, projection, place)
            left_out = projection.fold_page(cursor, page, pace)
    except ProjectionError:
        projection.forget()
        raise
    except Exception as error:
        projection.forget()
        if not page.events or not fault_of_an_event(connection, error):
            raise
        if len(page.events) > 1:
            log.debug("The page from %d to %d is folded in halves: %s", place.position, page.reached, error)
            first, second = page.halves()
            parked = digest(connection, projection, first, place)
            return parked + digest(connection, projection, second, Place(first.reached, place.generation))
        with connection.transaction(), connection.cursor() as cursor:
            _hold(cursor, projection, place)
            left_out = projection.leave_out(cursor, page, error)
    _tell(left_out)
    return len(left_out)


def _tell(left_out: list[LeftOut]) -> None:
    for one in left_out[:MOST_TOLD]:
        where = {"position": one.position, "switch": one.switch}
        log.warning("The event at %d is parked: %s", one.position, one.reason, extra=where)
    if len(left_out) > MOST_TOLD:
        log.warning("%d more events of this page are parked: `harmony parked list`.", len(left_out) - MOST_TOLD)


def _hold(cursor: psycopg.Cursor[Any], projection: Projected, place: Place) -> None:
    if projection.lock(cursor) != place:
        raise Moved(f"The projection {projection.name} was moved by another: starting again from where it is now.")


def fault_of_an_event(connection: psycopg.Connection[Any], error: Exception) -> bool:
    """Whether leaving an event out may help, by what came up between the lock and the end of a transaction."""
    if connection.closed or connection.broken or isinstance(error, MemoryError):
        return False
    if not isinstance(error, psycopg.Error):
        return True
    if error.sqlstate is None:  # the driver's own words: the connection is gone, or it cannot send a value
        return not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return error.sqlstate[:2] not in _MACHINE
