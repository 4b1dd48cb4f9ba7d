"""What this process reports of itself to the others: how many read, and how they fare."""

from contextlib import suppress
from typing import Any

import msgspec

from api.http.services import Services


def figures(services: Services) -> dict[str, Any]:
    """May be called from another thread than the event loop's."""
    found: dict[str, Any] = {"subscribers": services.streams.lookers}
    if not services.registry.absent:
        found["registry"] = msgspec.to_builtins(services.registry.state)
    for _ in range(5):
        with suppress(RuntimeError):  # a reader came or went while they were counted
            return found | {f"streams_{name}": value for name, value in services.streams.stats().items()}
    return found
