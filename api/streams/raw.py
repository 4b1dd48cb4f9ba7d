"""One raw switch event as a CloudEvent: the same for subscriptions, for replays, for whoever sends it."""

from uuid import UUID

import msgspec

from api.streams.subscription import type_of
from core.errors import MalformedEvent
from core.event import SwitchEvent
from core.headers import headers, text
from projections.callflow.document import instant_text
from projections.published.envelope import source

_encode = msgspec.json.Encoder().encode


def raw_event(event: SwitchEvent, behind: str, installation: UUID) -> bytes:
    """The event with all its headers as structured JSON; `behind` is the cursor behind it."""
    try:
        data = {text(name): text(value) for name, value in headers(event.term).items()}
    except MalformedEvent:
        data = {}
    return _encode(
        {
            "specversion": "1.0",
            "id": f"{event.stream}/{event.version}",
            "source": source(installation),
            "type": type_of(event.topic),
            "subject": event.leg or event.switch,
            "time": instant_text(event.occurred_at),
            "datacontenttype": "application/json",
            "switch": event.switch,
            "position": str(event.position),
            "cursor": behind,
            "data": data,
        }
    )
