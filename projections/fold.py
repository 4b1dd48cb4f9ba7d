"""What the runner needs of a fold: `projections.callflow.CallFold`, or a small one that a test brings."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from core.event import SwitchEvent
from projections.callflow.changes import Changes
from projections.callflow.fact import Reading
from projections.callflow.pacing import Pace


class Fold(Protocol):
    """A pure fold from switch events to calls. Everything it does depends on what it is given alone."""

    def read(self, event: SwitchEvent) -> Reading:
        """Read one event, changing nothing; may raise for an event that cannot be read."""
        ...

    def missing_legs(self, readings: Sequence[Reading]) -> list[str]:
        """Ids of legs that these events refer to and that are not in memory."""
        ...

    def restore(self, *state: bytes) -> None:
        """Put one stored call back into memory, the parts of its state in order; one that is there stays as it is."""
        ...

    def apply(self, reading: Reading) -> None:
        """Fold one event. May raise for an event that it refuses; the fold is not used any more then."""
        ...

    def take_changes(self, pace: Pace = "due") -> Changes:
        """What changed since the last take; may raise as `apply`. Finished calls may leave memory now."""
        ...

    @property
    def behind(self) -> bool:
        """Whether the documents of some calls are behind their facts: a later take brings them up."""
        ...


class FoldKind:
    """How to make a fold, and which topics it reads (all, when None)."""

    def __init__(self, make: Callable[[], Fold], topics: Collection[str] | None) -> None:
        self.make = make
        self.topics = None if topics is None else sorted(topics)
