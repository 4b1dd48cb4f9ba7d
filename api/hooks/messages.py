"""What is sent: the published event as every way out sends it, or the test event. Bodies are kept for a while, since
one event often goes to many endpoints."""

from collections import OrderedDict
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from api.hooks.places import installation
from api.hooks.queue import Delivery
from core.cursor import cursor
from projections.callflow.document import instant_text
from projections.published.envelope import envelope, source
from projections.query.events import call_events

TEST = "webhook.test"
KEPT = 4000


class Messages:
    """The bodies of messages. Not to be shared between threads."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._installation = installation(connection)
        self._bodies: OrderedDict[int, bytes] = OrderedDict()

    def body(self, delivery: Delivery) -> bytes | None:
        """The body of a delivery, None when the log does not have its event any more."""
        if delivery.position is None:
            return test_event(self._installation, delivery)
        if (found := self._bodies.get(delivery.position)) is not None:
            return found
        events = call_events(self._connection, delivery.position - 1, 1, upto=delivery.position)
        if not events:
            return None
        (event,) = events
        body = envelope(event, cursor("calls", self._installation, event.position), self._installation)
        self._bodies[event.position] = body
        if len(self._bodies) > KEPT:
            self._bodies.popitem(last=False)
        return body


def test_event(installation: UUID, delivery: Delivery) -> bytes:
    """An event that stands in no log and means nothing but that messages arrive."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": delivery.event_id,
            "source": source(installation),
            "type": TEST,
            "subject": str(delivery.endpoint),
            "time": instant_text(round(delivery.planned_at.timestamp() * 1_000_000)),
            "datacontenttype": "application/json",
            "data": {"webhook": str(delivery.endpoint)},
        }
    )
