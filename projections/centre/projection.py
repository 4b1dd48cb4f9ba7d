"""The projection of the call centre: the smallest that there is, and the example for the next one.

It reads one topic, keeps nothing in memory, and writes in the transaction that moves its position. An agent whose
changes come in a page gets the stretches anew from the first of them on, out of all changes that are known by then:
so a change that comes late takes its place among the others.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Cursor

from projections.callflow.pacing import Pace
from projections.centre.agents import TOPIC, Change, Stretch, change, stretches
from projections.log_page import LogPage
from projections.parking import LeftOut, park
from projections.place import Place, lock, move

NAME = "centre"
CHANNEL = "harmony_centre"
"""told when something changed"""

_KNOWN = """
    INSERT INTO centre.agent_change (switch, agent, at, version, position, status, state, leg, queue)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_COLUMNS = "agent, switch, started_at, version, position, ended_at, ended_position, status, state, leg, queue"
_BEFORE = f"""
    SELECT {_COLUMNS} FROM centre.agent_state WHERE agent = %s AND switch = %s AND (started_at, version) < (%s, %s)
    ORDER BY started_at DESC, version DESC LIMIT 1
"""
_CHANGES = """
    SELECT at, version, agent, switch, position, status, state, leg, queue FROM centre.agent_change
    WHERE agent = %s AND switch = %s AND (at, version) >= (%s, %s)
"""
_DELETE = "DELETE FROM centre.agent_state WHERE agent = %s AND switch = %s AND (started_at, version) >= (%s, %s)"
_INSERT = f"""
    INSERT INTO centre.agent_state ({_COLUMNS}, tenant) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CentreProjection:
    """Of agents; see `projections.projected` for what the functions promise."""

    name = NAME
    topics: Sequence[str] | None = (TOPIC,)
    behind = False

    def forget(self) -> None:
        """Nothing is kept."""

    def lock(self, cursor: Cursor[Any]) -> Place:
        return lock(cursor, NAME)

    def fold_page(self, cursor: Cursor[Any], page: LogPage, pace: Pace = "due") -> list[LeftOut]:
        left_out = [park(cursor, NAME, bad.position, "unknown", bad.state, bad.error) for bad in page.bad]
        changes: list[Change] = []
        for event in page.events:
            try:
                found = _readable(change(event))
            except MemoryError:
                raise
            except Exception as error:
                left_out.append(park(cursor, NAME, event.position, event.switch, event.term, error))
            else:
                changes += found
        first: dict[tuple[str, str], Change] = {}
        for one in changes:
            cursor.execute(_KNOWN, _row(one))
            earliest = first.setdefault((one.agent, one.switch), one)
            if one < earliest:
                first[one.agent, one.switch] = one
        for earliest in first.values():
            self._again(cursor, earliest)
        move(cursor, NAME, page.reached, CHANNEL if changes else None)
        return left_out

    def leave_out(self, cursor: Cursor[Any], page: LogPage, error: Exception) -> list[LeftOut]:
        (event,) = page.events
        parked = park(cursor, NAME, event.position, event.switch, event.term, error)
        return [parked, *self.fold_page(cursor, LogPage([], page.bad, page.reached))]

    def _again(self, cursor: Cursor[Any], earliest: Change) -> None:
        """Write the stretches of an agent from his earliest new change on."""
        whose = (earliest.agent, earliest.switch)
        after = (_instant(earliest.at), earliest.version)
        row = cursor.execute(_BEFORE, [*whose, *after]).fetchone()
        before = None if row is None else _stretch(row)
        changes = [Change(_micros(at), *rest) for at, *rest in cursor.execute(_CHANGES, [*whose, *after]).fetchall()]
        begin = after if before is None else (_instant(before.started_at), before.version)
        cursor.execute(_DELETE, [*whose, *begin])
        cursor.executemany(_INSERT, [_values(one) for one in stretches(before, changes)])


def _readable(found: Change | None) -> Iterable[Change]:
    """What the tables take: names without NUL, which no agent has."""
    if found is None:
        return ()
    for value in (found.agent, found.status, found.state, found.leg, found.queue):
        if value is not None and ("\0" in value or len(value) > 320):
            raise ValueError("a name of an agent, a queue or a state holds a NUL or more than 320 characters")
    return (found,)


def _row(one: Change) -> list[Any]:
    return [
        one.switch,
        one.agent,
        _instant(one.at),
        one.version,
        one.position,
        one.status,
        one.state,
        one.leg,
        one.queue,
    ]


def _stretch(row: tuple[Any, ...]) -> Stretch:
    agent, switch, started, version, position, ended, ended_position, status, state, leg, queue = row
    return Stretch(
        agent=agent,
        switch=switch,
        started_at=_micros(started),
        version=version,
        position=position,
        ended_at=None if ended is None else _micros(ended),
        ended_position=ended_position,
        status=status,
        state=state,
        leg=leg,
        queue=queue,
    )


def _values(one: Stretch) -> list[Any]:
    return [
        one.agent,
        one.switch,
        _instant(one.started_at),
        one.version,
        one.position,
        None if one.ended_at is None else _instant(one.ended_at),
        one.ended_position,
        one.status,
        one.state,
        one.leg,
        one.queue,
        one.tenant,
    ]


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


__all__ = ["CHANNEL", "NAME", "CentreProjection"]
