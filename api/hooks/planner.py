"""The planner: turns events of the call log into deliveries, each event once for each endpoint that wants it.

The rows of a page and the position behind it are one transaction, so a kill leaves neither a gap nor a double. An
endpoint that begins in the past, or was disabled for a while, has a place of its own until it has caught up. Events
that come from imported switch events are left out: what happened long ago elsewhere has had its effects.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from api.hooks import order
from api.hooks.endpoints import CHANNEL, planned
from core.following import Follower, Session
from core.log.hearing import connected, heard
from projections.published.event import PublishedEvent
from projections.published.filter import EventFilter
from projections.query.events import call_events, head, imported, resolved

PAGE = 1000
"""events a transaction"""
POLL = 0.5
"""seconds after which the log is looked at without a notification"""

_ENDPOINTS = """
    SELECT endpoint_id, types, call, party, queue, direction, tenant, behind FROM hooks.endpoint
    WHERE state = 'enabled' ORDER BY behind, endpoint_id
"""
_INSERT = """
    INSERT INTO hooks.delivery (endpoint_id, event_id, position, type, subject, merged, blocked)
    SELECT w.endpoint_id, e.event_id, e.position, e.topic, e.subject, e.aliases, true
    FROM unnest(%b::uuid[], %b::bigint[]) WITH ORDINALITY AS w (endpoint_id, position, nth)
    JOIN log.call_event e USING (position) ORDER BY w.nth
    ON CONFLICT (endpoint_id, event_id) WHERE kind = 'event' DO NOTHING
"""


class Wish(msgspec.Struct, frozen=True):
    """An endpoint to the planner: what it wants, and where it is if not where all are."""

    endpoint: UUID
    filter: EventFilter
    behind: int | None


class Planner(Follower):
    """Plans in its own thread, or step by step. Several may run: the row that they lock lets one plan at a time."""

    def __init__(self, dsn: str, page: int = PAGE) -> None:
        super().__init__("webhook planner")
        self._dsn = dsn
        self._page = page

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Follow the log."""
        with connected(self._dsn, "harmony-webhooks-plan", "harmony_calls") as connection:
            yield Session(lambda: self.step(connection), lambda: heard(connection, POLL))

    def run_once(self) -> None:
        """Plan what is in the log now."""
        with connected(self._dsn, "harmony-webhooks-plan") as connection:
            while self.step(connection):
                pass

    def step(self, connection: Connection[Any]) -> bool:
        """Plan a page; False when there is nothing to plan now."""
        with connection.transaction():
            position = planned(connection)
            wishes = self._wishes(connection)
            if not wishes:
                # Nobody wants what was published meanwhile.
                connection.execute("UPDATE hooks.planner SET position = %s", [max(position, head(connection))])
                return False
            events = call_events(connection, position, self._page)
            if events:
                self._plan(connection, [w for w in wishes if w.behind is None or w.behind >= position], events)
                connection.execute("UPDATE hooks.planner SET position = %s", [events[-1].position])
                connection.execute(
                    "UPDATE hooks.endpoint SET behind = NULL WHERE behind BETWEEN %s AND %s AND state = 'enabled'",
                    [position, events[-1].position],
                )
            # Behind the page, whose endpoints are those that had caught up before it.
            caught_up = self._catch_up(connection, wishes, position)
        return bool(events) or caught_up

    def _wishes(self, connection: Connection[Any]) -> list[Wish]:
        wishes = []
        for endpoint, types, call, party, queue, direction, tenant, behind in connection.execute(_ENDPOINTS).fetchall():
            asked = EventFilter(
                types=tuple(types), call=call, party=party, queue=queue, direction=direction, tenant=tenant
            )
            wishes.append(Wish(endpoint, resolved(connection, asked), behind))
        return wishes

    def _catch_up(self, connection: Connection[Any], wishes: Sequence[Wish], position: int) -> bool:
        """A page for the endpoint that is furthest behind the others."""
        late = next((w for w in wishes if w.behind is not None and w.behind < position), None)
        if late is None or late.behind is None:
            return False
        events = call_events(connection, late.behind, self._page, late.filter, upto=position)
        self._plan(connection, [late], events)
        reached = events[-1].position if len(events) == self._page else position
        connection.execute("UPDATE hooks.endpoint SET behind = %s WHERE endpoint_id = %s", [reached, late.endpoint])
        return True

    def _plan(self, connection: Connection[Any], wishes: Sequence[Wish], events: Sequence[PublishedEvent]) -> None:
        left_out = imported(connection, [event.position for event in events])
        wanted = list(_wanted(wishes, [event for event in events if event.position not in left_out]))
        if wanted:
            order.lock(connection, [endpoint for endpoint, _ in wanted])
            connection.execute(_INSERT, [[endpoint for endpoint, _ in wanted], [e.position for _, e in wanted]])
            order.unblock(connection, [(endpoint, event.subject) for endpoint, event in wanted])
            connection.execute(f"NOTIFY {CHANNEL}")


def _wanted(wishes: Sequence[Wish], events: Iterable[PublishedEvent]) -> Iterable[tuple[UUID, PublishedEvent]]:
    """Who gets what, in the order of the log. Most wishes are sorted out once for each type and tenant."""
    likely: dict[tuple[str, str | None], list[Wish]] = {}
    for event in events:
        kind = (event.type, event.tenant)
        if kind not in likely:
            likely[kind] = [w for w in wishes if _may_match(w.filter, event)]
        for wish in likely[kind]:
            if (wish.behind is None or event.position > wish.behind) and wish.filter.matches(event):
                yield wish.endpoint, event


def _may_match(asked: EventFilter, event: PublishedEvent) -> bool:
    return EventFilter(types=asked.types, tenant=asked.tenant).matches(event)
