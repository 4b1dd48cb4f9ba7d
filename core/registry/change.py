"""What people may change about themselves: call forwarding and do not disturb. Nothing else in the registry is written.

The change goes to the source (the directory, or the file); what is served follows from there: there is one truth.
"""

from __future__ import annotations

from typing import Final, Literal

from core.registry import entries as e
from core.registry.errors import RegistryRefused
from core.registry.reader import NUMBER
from core.registry.snapshot import Registry
from core.registry.source import Source

Forward = Literal["always", "busy", "no-answer"]
_ATTRIBUTES: Final[dict[Forward, str]] = {
    "always": "harmonyForwardAlways",
    "busy": "harmonyForwardBusy",
    "no-answer": "harmonyForwardNoAnswer",
}


def set_forward(source: Source, registry: Registry, domain: str, user: str, kind: Forward, target: str | None) -> None:
    """Forward a user's calls to a number, or (None) no longer; raises `RegistryRefused`, `RegistryAway`."""
    entry = _entry(registry, domain, user)
    if target is not None and not NUMBER.fullmatch(target):
        raise RegistryRefused(f"{target[:60]!r} is no number to forward to: use digits, letters and *#+._- only.")
    if target == user:
        raise RegistryRefused(f"{user} cannot be forwarded to itself: name another number.")
    source.modify(entry.dn, _ATTRIBUTES[kind], [] if target is None else [target])


def set_do_not_disturb(source: Source, registry: Registry, domain: str, user: str, on: bool) -> None:
    """Have a user's phones ring or not; raises `RegistryRefused`, `RegistryAway`."""
    source.modify(_entry(registry, domain, user).dn, "harmonyDoNotDisturb", ["TRUE" if on else "FALSE"])


def _entry(registry: Registry, domain: str, user: str) -> e.User:
    found = registry.user(domain, user)
    if found is None:
        raise RegistryRefused(f"There is no user {user[:60]!r} in {domain[:100]!r}.")
    return found
