"""What the runner and `digest` need of a projection: its name in `log.projection`, what it reads, how it takes a page.

A projection is one reading of the switch log with tables of its own and a position of its own. How one is added:
docs/how-to/add-a-projection.md; the smallest is `projections.centre`.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from psycopg import Cursor

from projections.callflow.pacing import Pace
from projections.log_page import LogPage
from projections.parking import LeftOut
from projections.place import Place


class Projected(Protocol):
    """Everything that is written stands in the caller's transaction, and so together with the position."""

    name: str
    """its row in `log.projection`"""
    topics: Sequence[str] | None
    """what it reads of the log, sorted; None: all"""

    @property
    def behind(self) -> bool:
        """Whether something of what was read is not told yet: `fold_page` with an empty page brings it up."""
        ...

    def lock(self, cursor: Cursor[Any]) -> Place:
        """Take the projection's row for this transaction; raises `NotThere`."""
        ...

    def fold_page(self, cursor: Cursor[Any], page: LogPage, pace: Pace = "due") -> list[LeftOut]:
        """Fold a page, write what changed, move to where it reaches; return the events that were parked."""
        ...

    def leave_out(self, cursor: Cursor[Any], page: LogPage, error: Exception) -> list[LeftOut]:
        """Go past a page whose only event cannot be digested; return the events that were parked."""
        ...

    def forget(self) -> None:
        """Start from what is stored: a transaction did not commit, or somebody else has written."""
        ...
