"""One page of the switch log folded and written: the step that the runner and a rebuild have in common.

Within one transaction of the caller: restore what the page needs, fold, write rows, publish call events, move the
position. Reading the log, locks, retries and waiting are the caller's.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Cursor

from core.event import SwitchEvent
from projections.call_log import CallLog
from projections.errors import NotThere
from projections.fold import FoldKind
from projections.tables import CallTables

NAME = "calls"
CHANNEL = "harmony_calls"

# The keys of a page are few and every table has an index for them, but a plan may have been made when the table was
# still empty.
SESSION = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"

_LOCK = "SELECT position, generation FROM log.projection WHERE name = %s FOR UPDATE"
_MOVE = "UPDATE log.projection SET position = %b, updated_at = clock_timestamp() WHERE name = %b"
_NOTIFY = "SELECT pg_notify(%s, %s)"
_PARK = """
    INSERT INTO log.parked_event (part, switch, position, code, reason, content, digest, received_at)
    VALUES (%b, %b, %b, %b, %b, %b, %b, timestamptz 'epoch' + %b * interval '1 microsecond')
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

    def fold_page(self, cursor: Cursor[Any], events: Sequence[SwitchEvent], reached: int) -> int:
        """Fold events in order of position, write what changed, move to `reached`; return how many were parked."""
        parked = 0
        if events:
            if self._fresh:
                # What happens to a whole switch happens to calls that no event of the page names.
                for state in self._tables.load_live(cursor):
                    self._fold.restore(state)
                self._fresh = False
            for state in self._tables.load(cursor, self._fold.wanted(events)):
                self._fold.restore(state)
            apply = self._fold.apply
            for event in events:
                try:
                    apply(event)
                except Exception as error:
                    self.park(cursor, event, error)
                    parked += 1
            self._write(cursor, reached)
        cursor.execute(_MOVE, [reached, self.name])
        return parked

    def skip(self, cursor: Cursor[Any], event: SwitchEvent, error: Exception) -> None:
        """Leave out an event whose effects cannot be stored."""
        self.park(cursor, event, error)
        cursor.execute(_MOVE, [event.position, self.name])

    def park(self, cursor: Cursor[Any], event: SwitchEvent, error: Exception) -> None:
        """Put an event aside with the reason."""
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        code = getattr(error, "code", None) or f"fold.{type(error).__name__}"
        if not hasattr(error, "code"):
            reason = f"The fold failed on this event ({type(error).__name__}: {reason}): report it with its bytes."
        digest = hashlib.sha256(event.term).digest()
        values = [self.name, event.switch, event.position, code, reason.replace("\0", ""), event.term, digest]
        cursor.execute(_PARK, [*values, event.stored_at])

    def _write(self, cursor: Cursor[Any], reached: int) -> None:
        changes = self._fold.take_changes()
        if not changes.calls and not changes.merged:
            return
        self._tables.write(cursor, changes, reached)
        if self._publish:
            events = [event for call in changes.calls for event in call.events]
            self._log.append(cursor, sorted(events, key=lambda event: event.position))
            self._log.finished([call.call_id for call in changes.calls if not call.live])
            hint = {"position": reached, "calls": len(changes.calls)}
            cursor.execute(_NOTIFY, [CHANNEL, msgspec.json.encode(hint).decode()])
