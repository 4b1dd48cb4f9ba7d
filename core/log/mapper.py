"""Between a switch event and what the eventsourcing library stores: its state is the Erlang term, its topic the name.

Topics are stable names of the switch's (``CHANNEL_ANSWER``, ``CUSTOM sofia::register``), never paths of Python classes:
one class stands for all of them, so that a log can be read by any later version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from core.event import SEQUENCE_BITS, SwitchEvent, identify
from core.log.codec import decoder, encoder
from core.log.recorder import TimedStoredEvent
from core.redaction import redact


class SwitchEventMapper(Mapper[UUID]):
    """Maps `SwitchEvent`; ``switch_of`` tells the node name of a run's switch."""

    def __init__(
        self, switch_of: Callable[[int], str] = lambda run: "", redacted: Callable[[bytes], bytes] = redact
    ) -> None:
        super().__init__(JSONTranscoder())  # asked for by the library, not used
        self._switch_of, self._redacted = switch_of, redacted

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Return what to store: redacted and compressed."""
        event = cast(SwitchEvent, domain_event)
        return TimedStoredEvent(
            originator_id=event.stream,
            originator_version=event.version,
            topic=event.topic,
            state=encoder().encode(self._redacted(event.term)),
            occurred_at=event.occurred_at,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Return the event; its position is known (not 0) when it came as a notification, its storing time is not."""
        term = decoder().decode(stored_event.state)
        return SwitchEvent(
            position=stored_event.id if isinstance(stored_event, Notification) else 0,
            stream=UUID(str(stored_event.originator_id)),
            version=stored_event.originator_version,
            topic=stored_event.topic,
            occurred_at=identify(term).occurred_at,
            stored_at=0,
            switch=self._switch_of(stored_event.originator_version >> SEQUENCE_BITS),
            term=term,
        )
