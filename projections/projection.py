"""One page of the switch log folded and written: the step that the runner and a rebuild have in common.

Within one transaction of the caller: restore what the page needs, fold, write rows, publish call events and notices,
move the position. Reading the log, locks, retries and waiting are the caller's.
"""

import logging
from collections.abc import Sequence
from typing import Any

from psycopg import Cursor

from projections.call_log import CallLog
from projections.callflow.changes import CallEvent
from projections.callflow.pacing import Pace
from projections.errors import CannotRestore
from projections.fold import FoldKind
from projections.log_page import LogPage
from projections.parking import LeftOut, first_line, park
from projections.people import phones
from projections.place import Place, lock
from projections.published.notice import Notice
from projections.published.notices import TOPICS, notices
from projections.tables import CallTables

log = logging.getLogger("harmony.projection")

NAME = "calls"
CHANNEL = "harmony_calls"

# The keys of a page are few and every table has an index for them, but a plan may have been made when the table was
# still empty.
SESSION = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"

_MOVE = "UPDATE log.projection SET position = %b, updated_at = clock_timestamp() WHERE name = %b"
_MOVE_AND_TELL = f"WITH moved AS ({_MOVE}) SELECT pg_notify('{CHANNEL}', '')"


class Projection:
    """A fold with its tables. `publish` is False for a set that a rebuild fills: its call events are known already."""

    def __init__(self, kind: FoldKind, schema: str = "calls", name: str = NAME, publish: bool = True) -> None:
        self.kind = kind
        self.topics: Sequence[str] | None = (
            None if kind.topics is None else sorted({*kind.topics, *(TOPICS if publish else ())})
        )
        """what to read: what the fold asks for, and what there are notices of"""
        self._folded = None if kind.topics is None else frozenset(kind.topics)
        self.name = name
        self._publish = publish
        self._fold = kind.make()
        self._fresh = True
        self._tables = CallTables(schema)
        self._log = CallLog()

    def forget(self) -> None:
        """Start from what is stored: a transaction did not commit, or somebody else has written."""
        self._fold = self.kind.make()
        self._fresh = True
        self._tables.forget()
        self._log.forget()

    def lock(self, cursor: Cursor[Any]) -> Place:
        """Take the projection's row for this transaction: whoever holds it is the only one who writes."""
        return lock(cursor, self.name)

    @property
    def behind(self) -> bool:
        """Whether the documents of some calls are behind their facts: `fold_page` with an empty page brings them up."""
        return self._fold.behind

    def fold_page(self, cursor: Cursor[Any], page: LogPage, pace: Pace = "due") -> list[LeftOut]:
        """Fold a page, write what changed, move to where it reaches; return the events that were parked.

        Raises what an event makes the fold raise (`projections.digest` finds out which); nothing may be committed then.
        """
        left_out = [park(cursor, self.name, bad.position, "unknown", bad.state, bad.error) for bad in page.bad]
        more = bool(page.events) or self._fold.behind
        changed, told = self._fold_events(cursor, page, pace, left_out) if more else (0, 0)
        if changed or told:
            cursor.execute(_MOVE_AND_TELL, [page.reached, self.name])
        else:
            cursor.execute(_MOVE, [page.reached, self.name])
        return left_out

    def leave_out(self, cursor: Cursor[Any], page: LogPage, error: Exception) -> list[LeftOut]:
        """Go past a page whose only event cannot be digested; return the events that were parked."""
        (event,) = page.events
        parked = park(cursor, self.name, event.position, event.switch, event.term, error)
        return [parked, *self.fold_page(cursor, LogPage([], page.bad, page.reached))]

    def _fold_events(self, cursor: Cursor[Any], page: LogPage, pace: Pace, left_out: list[LeftOut]) -> tuple[int, int]:
        """How many calls changed, and how many events were published."""
        if self._fresh:
            # What happens to a whole switch happens to calls that no event of the page names.
            self._restore(self._tables.load_live(cursor))
            self._fresh = False
        # The fold gets what it asked for and nothing else: a rebuild, which tells no notices, folds the same.
        folded = [event for event in page.events if self._folded is None or event.topic in self._folded]
        readings = []
        for event in folded:
            try:
                readings.append(self._fold.read(event))
            except MemoryError:
                raise
            except Exception as error:  # it has changed nothing yet: there is no need to fold the others again
                left_out.append(park(cursor, self.name, event.position, event.switch, event.term, error))
        missing = self._fold.missing_legs(readings)
        self._restore(self._tables.load(cursor, missing))
        # What was restored may wait for others.
        further = [leg for leg in self._fold.missing_legs(readings) if leg not in missing]
        self._restore(self._tables.load(cursor, further))
        for reading in readings:
            self._fold.apply(reading)
        changes = self._fold.take_changes(pace)
        for call_id, why in changes.failed:
            log.warning("The call %s cannot be told (%r): it stays as it was told last; report it.", call_id, why)
        if changes.calls or changes.merged:
            self._tables.write(cursor, changes, page.reached)
        changed = sum(1 for call in changes.calls if call.document is not None) + len(changes.merged)
        if not self._publish:
            return 0, 0
        events: list[CallEvent | Notice] = [one for call in changes.calls for one in call.events]
        for event in page.events:
            if event.topic in TOPICS:
                try:
                    events += notices(event)
                except MemoryError:
                    raise
                except Exception as error:
                    left_out.append(park(cursor, self.name, event.position, event.switch, event.term, error))
        told = sorted(events, key=lambda event: event.position)
        self._log.append(cursor, told)
        phones.write(cursor, [one for one in told if isinstance(one, Notice)], page.reached)
        self._log.finished([call.call_id for call in changes.calls if not call.live])
        self._log.finished([merged.alias for merged in changes.merged])
        return changed, len(events)

    def _restore(self, states: list[list[bytes]]) -> None:
        """Take calls back into memory: what is stored is no event's fault, and no event must be left out for it."""
        for state in states:
            try:
                self._fold.restore(*state)
            except MemoryError:
                raise
            except Exception as error:
                raise CannotRestore(
                    f"The stored state of a call cannot be used ({type(error).__name__}: {first_line(error)}): "
                    "derive all calls again with `harmony rebuild calls`."
                ) from error
