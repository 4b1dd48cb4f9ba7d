"""What the runner asks of a fold. `projections.callflow.CallFold` is the one; tests bring small ones of their own."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from core.event import SwitchEvent
from projections.callflow.changes import Changes


class Fold(Protocol):
    """A pure fold from switch events to calls. Everything it does depends on what it is given alone."""

    def wanted(self, events: Sequence[SwitchEvent]) -> list[str]:
        """Ids of legs that these events refer to and that are not in memory."""
        ...

    def restore(self, state: bytes) -> None:
        """Put one stored call back into memory; a call that is there already stays as it is."""
        ...

    def apply(self, event: SwitchEvent) -> None:
        """Fold one event. May raise for an event that it refuses; such an event must then have changed nothing."""
        ...

    def take_changes(self) -> Changes:
        """What changed since the last take. Finished calls may leave memory now."""
        ...


class FoldKind:
    """How to make a fold, and which topics it reads (all, when None)."""

    def __init__(self, make: Callable[[], Fold], topics: Collection[str] | None) -> None:
        self.make = make
        self.topics = None if topics is None else sorted(topics)
