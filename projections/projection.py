"""One page of the switch log folded and written: the step that the runner and a rebuild have in common.

Within one transaction of the caller: restore what the page needs, fold, write rows, publish call events and notices,
move the position. Reading the log, locks, retries and waiting are the caller's.
"""

import hashlib
from typing import Any

import msgspec
from psycopg import Cursor

from core.event import SwitchEvent
from projections.call_log import CallLog
from projections.callflow.changes import CallEvent
from projections.errors import NotThere
from projections.fold import FoldKind
from projections.log_page import LogPage
from projections.published.notice import Notice
from projections.published.notices import TOPICS, notices
from projections.tables import CallTables

NAME = "calls"
CHANNEL = "harmony_calls"

# The keys of a page are few and every table has an index for them, but a plan may have been made when the table was
# still empty.
SESSION = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"

_LOCK = "SELECT position, generation FROM log.projection WHERE name = %s FOR UPDATE"
_MOVE = "UPDATE log.projection SET position = %b, updated_at = clock_timestamp() WHERE name = %b"
_MOVE_AND_TELL = f"WITH moved AS ({_MOVE}) SELECT pg_notify('{CHANNEL}', '')"
_PARK = """
    INSERT INTO log.parked_event (part, switch, position, code, reason, content, digest, received_at)
    SELECT %b, %b, position, %b, %b, %b, %b, stored_at FROM log.switch_event WHERE position = %b
    ON CONFLICT ON CONSTRAINT parked_event_once DO NOTHING
"""


class Place(msgspec.Struct, frozen=True):
    """Where a projection is: the position that it has reached, and how often it was rebuilt."""

    position: int
    generation: int


def lock(cursor: Cursor[Any], name: str) -> Place:
    """Take a projection's row for this transaction; raises NotThere."""
    row = cursor.execute(_LOCK, [name]).fetchone()
    if row is None:
        raise NotThere(f"log.projection has no row named {name}: run `harmony migrate`.")
    return Place(*row)


class Projection:
    """A fold with its tables. `publish` is False for a set that a rebuild fills: its call events are known already."""

    def __init__(self, kind: FoldKind, schema: str = "calls", name: str = NAME, publish: bool = True) -> None:
        self.kind = kind
        self.topics = None if kind.topics is None else sorted({*kind.topics, *(TOPICS if publish else ())})
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

    def fold_page(self, cursor: Cursor[Any], page: LogPage) -> int:
        """Fold a page, write what changed, move to where it reaches; return how many events were parked."""
        for bad in page.bad:
            self._park(cursor, bad.position, "unknown", bad.state, bad.error)
        refused, changed, told = self._fold_events(cursor, page) if page.events else (0, 0, 0)
        if changed or told:
            cursor.execute(_MOVE_AND_TELL, [page.reached, self.name])
        else:
            cursor.execute(_MOVE, [page.reached, self.name])
        return len(page.bad) + refused

    def skip(self, cursor: Cursor[Any], event: SwitchEvent, error: Exception) -> None:
        """Leave out an event whose effects cannot be stored."""
        self._park(cursor, event.position, event.switch, event.term, error)
        cursor.execute(_MOVE, [event.position, self.name])

    def _fold_events(self, cursor: Cursor[Any], page: LogPage) -> tuple[int, int, int]:
        """How many events were refused, how many calls changed, and how many events were published."""
        if self._fresh:
            # What happens to a whole switch happens to calls that no event of the page names.
            for state in self._tables.load_live(cursor):
                self._fold.restore(state)
            self._fresh = False
        # The fold gets what it asked for and nothing else: a rebuild, which tells no notices, folds the same.
        folded = [event for event in page.events if self._folded is None or event.topic in self._folded]
        for state in self._tables.load(cursor, self._fold.wanted(folded)):
            self._fold.restore(state)
        refused = 0
        for event in folded:
            try:
                self._fold.apply(event)
            except Exception as error:
                self._park(cursor, event.position, event.switch, event.term, error)
                refused += 1
        changes = self._fold.take_changes()
        changed = len(changes.calls) + len(changes.merged)
        if changed:
            self._tables.write(cursor, changes, page.reached)
        if not self._publish:
            return refused, 0, 0
        events: list[CallEvent | Notice] = [one for call in changes.calls for one in call.events]
        for event in page.events:
            if event.topic in TOPICS:
                events += self._notices(cursor, event)
        self._log.append(cursor, sorted(events, key=lambda event: event.position))
        self._log.finished([call.call_id for call in changes.calls if not call.live])
        self._log.finished([merged.alias for merged in changes.merged])
        return refused, changed, len(events)

    def _notices(self, cursor: Cursor[Any], event: SwitchEvent) -> list[Notice]:
        try:
            return notices(event)
        except Exception as error:
            self._park(cursor, event.position, event.switch, event.term, error)
            return []

    def _park(self, cursor: Cursor[Any], position: int, switch: str, content: bytes, error: Exception) -> None:
        """Put an event aside with the reason."""
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        code = getattr(error, "code", None) or f"fold.{type(error).__name__}"
        if not hasattr(error, "code"):
            reason = f"The fold failed on this event ({type(error).__name__}: {reason}): report it with its bytes."
        digest = hashlib.sha256(content).digest()
        cursor.execute(_PARK, [self.name, switch, code, reason.replace("\0", ""), content, digest, position])
