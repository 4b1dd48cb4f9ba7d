"""A parked event as a document for programs, the same from the command line and over HTTP."""

import base64
from typing import Any

from core.log.parked import ParkedEvent, readable
from projections.callflow.document import instant_text

SHOWN = 4096
"""bytes of the content that a listing for people shows"""


def _when(micros: int | None) -> str | None:
    return None if micros is None else instant_text(micros)


def summary(found: ParkedEvent) -> dict[str, Any]:
    return {
        "id": found.parked_id,
        "state": found.state,
        "part": found.part,
        "switch": found.switch,
        "position": found.position,
        "code": found.code,
        "reason": found.reason,
        "offset": found.at_offset,
        "bytes": len(found.content),
        "received_at": _when(found.received_at),
        "parked_at": _when(found.parked_at),
        "attempts": found.attempts,
        "tried_at": _when(found.tried_at),
        "settled_at": _when(found.settled_at),
        "settled_by": found.settled_by,
        "settled_reason": found.settled_reason,
    }


def whole(found: ParkedEvent) -> dict[str, Any]:
    """With the bytes, and with the headers that could be read before they break."""
    said = readable(found.content)
    return summary(found) | {
        "headers": [{"name": name, "value": value} for name, value in said.headers],
        "stopped_at": said.stopped_at,
        "stopped_because": said.why,
        "content_base64": base64.b64encode(found.content).decode(),
    }


def dump(content: bytes, mark: int | None = None, limit: int = SHOWN) -> list[str]:
    """Lines of 16 bytes: offset, hex, text; a `>` where reading stopped. A long content is shown around that place."""
    middle = mark if mark is not None else 0
    first = max(0, (middle - limit // 2) // 16 * 16) if len(content) > limit else 0
    lines = []
    for at in range(first, min(len(content), first + limit), 16):
        row = content[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        sign = ">" if mark is not None and at <= mark < at + 16 else " "
        lines.append(f"{sign}{at:08x}  {row.hex(' '):<47}  {shown}")
    if first:
        lines.insert(0, f" ({first} bytes before)")
    if (rest := len(content) - first - limit) > 0:
        lines.append(f" ({rest} bytes more)")
    return lines
