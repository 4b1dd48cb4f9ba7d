"""Commands as JSON: what is answered when one is taken, and how it stands with one."""

from typing import Any

import msgspec

from core.commands.orders import Status
from core.commands.store import Requested
from projections.callflow.document import instant_text


def taken(asked: Requested) -> bytes:
    return msgspec.json.encode(
        {
            "command_id": str(asked.command_id),
            "kind": asked.kind,
            "call_id": asked.call_id,
            "leg": asked.leg,
            "switch": asked.switch,
            "deadline": instant_text(asked.deadline),
        }
    )


def status(one: Status) -> bytes:
    shown: dict[str, Any] = msgspec.structs.asdict(one)
    for name in ("requested_at", "deadline", "sent_at", "completed_at"):
        if shown[name] is not None:
            shown[name] = instant_text(shown[name])
    return msgspec.json.encode(shown)
