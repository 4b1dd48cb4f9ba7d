"""How an event travels, whatever the way out: CloudEvents 1.0, structured JSON.

The data are taken over from the stored text as they are, because the same event goes out many times. The extensions
`tenant` and `cursor` are our own: the cursor leads behind this event. `source` and `dataschema` are names (URNs): an
absolute URI, as CloudEvents 1.0.2 wants of `dataschema` (3.1.2), that needs no address of ours and outlives each.
"""

from functools import lru_cache
from uuid import UUID

import msgspec

from projections.callflow.document import instant_text
from projections.published.event import PublishedEvent


class _Stored(msgspec.Struct):
    """What of the stored text the envelope does not say otherwise."""

    caused_position: int
    data: msgspec.Raw


_stored = msgspec.json.Decoder(_Stored).decode
_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=8)
def source(installation: UUID) -> str:
    """The source that all events of an installation name."""
    return f"urn:harmony:{installation}"


def dataschema(name: str) -> str:
    """The name of the schema of a type's data. The schema itself is at `/v1/schemas/` and the type."""
    return f"urn:harmony:schema:{name}"


def envelope(event: PublishedEvent, cursor: str, installation: UUID) -> bytes:
    """The event as JSON; `cursor` is the one behind it."""
    head = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": source(installation),
        "type": event.type,
        "subject": event.subject,
        "time": instant_text(event.occurred_at),
        "datacontenttype": "application/json",
        "dataschema": dataschema(event.type),
    }
    if event.tenant is not None:
        head["tenant"] = event.tenant
    head["cursor"] = cursor
    return b'%b,"data":%b}' % (_encode(head)[:-1], data(event))


def data(event: PublishedEvent) -> bytes:
    """The data alone, as `projections.published.catalogue` describes them."""
    stored = _stored(event.state)
    facts = bytes(stored.data)
    if not event.type.startswith("call."):
        return facts
    about = {"call_id": event.call_id, "direction": event.direction, "caused_position": stored.caused_position}
    return _encode(about)[:-1] + (b"}" if facts == b"{}" else b"," + facts[1:])
