"""What users change about themselves, as values: done to the registry, and told in the log; whatever the way in.

The registry is changed first. The record follows at once; whoever needs both or none says so by doing it again, for
doing it twice changes nothing.
"""

from __future__ import annotations

from typing import Any, assert_never

import msgspec
import psycopg

from core.operating import record_action
from core.registry import change
from core.registry.live import LiveRegistry


class Forward(msgspec.Struct, frozen=True):
    """Have calls forwarded, or (target None) no longer."""

    kind: change.Forward
    target: str | None


class DoNotDisturb(msgspec.Struct, frozen=True):
    """Have the phones ring or not."""

    on: bool


Deed = Forward | DoNotDisturb


def do(live: LiveRegistry, domain: str, user: str, deed: Deed) -> bool:
    """Change the registry; say whether it shows already. Raises `RegistryRefused`, `RegistryAway`."""
    match deed:
        case Forward(kind, target):
            return live.change(lambda source, now: change.set_forward(source, now, domain, user, kind, target))
        case DoNotDisturb(on):
            return live.change(lambda source, now: change.set_do_not_disturb(source, now, domain, user, on))
        case _:
            assert_never(deed)


def tell(where: str | psycopg.Connection[Any], domain: str, user: str, deed: Deed, by: str, **more: object) -> None:
    """Put the change into the log, as an action of the user's company; ``more``: how it came about."""
    details: dict[str, object]
    match deed:
        case Forward(kind, target):
            action, details = "user.forward", {"kind": kind, "target": target}
        case DoNotDisturb(on):
            action, details = "user.do-not-disturb", {"on": on}
        case _:
            assert_never(deed)
    record_action(where, action, by, f"{user}@{domain}", details={**details, **more}, tenant=domain)
