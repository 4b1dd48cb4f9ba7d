"""What operators do with parked events: retry and skip. Each decision is recorded as an event in the log.

What the log parked goes through the log's front door again; what a projection parked is folded again. Asking twice does
no harm: an event that is stored or folded already stays as it is.
"""

from typing import Any

import msgspec
import psycopg

from api.errors import BadArgument, NotFound, Settled
from core.errors import HarmonyError, LogAway
from core.event import Identity, identify
from core.log import EventLog, Incoming, parked
from core.log.driver import connect
from core.log.parked import ParkedEvent
from core.log.prepare import Preparer
from core.operating import record_action
from projections.callflow import TOPICS, CallFold
from projections.projection import NAME
from projections.refold import refold

LONGEST_REASON = 1000
FOLDED = "It is folded: its call is now told as if the event had never been left out."
_POSITION = """
SELECT e.position FROM log.switch_event e JOIN log.switch_run r ON r.run = e.originator_version >> 40
WHERE e.originator_id = %s AND r.core_uuid = %s AND e.originator_version & ((1::bigint << 40) - 1) = %s
"""


class Retried(msgspec.Struct, frozen=True):
    """What a retry came to."""

    parked_id: int
    result: str
    """stored, there_already, folded, or still_parked"""
    position: int | None
    """in the switch log, when it is there"""
    says: str
    """one sentence"""
    code: str | None = None
    """of the error, when it is still parked"""


def find(
    connection: psycopg.Connection[Any], parked_id: int, *, waiting: bool = False, lock: bool = False
) -> ParkedEvent:
    """The parked event of an id; raises `NotFound`, and where it must still wait, `Settled`."""
    found = parked.get(connection, parked_id, lock=lock)
    if found is None:
        raise NotFound(f"There is no parked event {parked_id}: `harmony parked list --state all` shows what there is.")
    if waiting and found.state != "waiting":
        raise Settled(f"Parked event {parked_id} was {found.state} by {found.settled_by}: there is nothing left to do.")
    return found


def skip(dsn: str, parked_id: int, by: str, reason: str) -> ParkedEvent:
    """Decide to do without an event; it keeps its bytes, and the decision its reason."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise BadArgument(f"Say why it is skipped, in 1 to {LONGEST_REASON} characters.")
    with connect(dsn, "harmony parked") as connection, connection.transaction():
        found = find(connection, parked_id, waiting=True, lock=True)
        parked.settle(connection, parked_id, "skipped", by, reason.strip())
        record_action(connection, "parked.skip", by, f"parked {parked_id}", reason.strip(), _details(found))
        return find(connection, parked_id)


def retry(dsn: str, parked_id: int, by: str, dtmf: str = "keep") -> Retried:
    """Use an event again; when that fails it waits on, with the new reason."""
    with connect(dsn, "harmony parked") as connection:
        found = find(connection, parked_id, waiting=True)
        if found.part not in (parked.LOG, NAME):
            raise BadArgument(
                f"Parked event {parked_id} is of {found.part}, which cannot retry: skip it, or wait for it."
            )
        try:
            done = _append(dsn, found, dtmf) if found.part == parked.LOG else _fold(dsn, found, by)
        except LogAway:
            raise
        except HarmonyError as error:
            return _failed(connection, found, by, error)
        if found.part == parked.LOG:
            with connection.transaction():
                _settled(connection, found, by, done)
        return done


def _append(dsn: str, found: ParkedEvent, dtmf: str) -> Retried:
    """Store it as if it had just come; raises `MalformedEvent` or `LogRefused` when it is refused as before."""
    batch = Preparer(dtmf).prepare([Incoming(found.switch, found.content, found.received_at)])
    identity = identify(found.content)  # says what is wrong with it, where something is
    with EventLog(dsn) as log:
        stored = log.append_prepared(batch)
    position = _position_of(dsn, identity)
    if stored:
        return Retried(found.parked_id, "stored", position, f"It is in the log at position {position}.")
    return Retried(found.parked_id, "there_already", position, f"It was in the log already, at position {position}.")


def _position_of(dsn: str, identity: Identity) -> int | None:
    with connect(dsn, "harmony parked") as connection:
        row = connection.execute(_POSITION, (identity.stream, identity.core_uuid, identity.sequence)).fetchone()
    return None if row is None else int(str(row[0]))


def _fold(dsn: str, found: ParkedEvent, by: str) -> Retried:
    if found.position is None:
        raise BadArgument(f"Parked event {found.parked_id} has no position in the log: skip it.")
    done = Retried(found.parked_id, "folded", found.position, FOLDED)
    refold(dsn, found.position, CallFold, TOPICS, lambda connection: _settled(connection, found, by, done))
    return done


def _settled(connection: psycopg.Connection[Any], found: ParkedEvent, by: str, done: Retried) -> None:
    """Within the caller's transaction: it waits no more, and the log says who saw to that."""
    find(connection, found.parked_id, waiting=True, lock=True)
    parked.tried(connection, found.parked_id)
    parked.settle(connection, found.parked_id, "retried", by, done.says)
    details = _details(found) | {"result": done.result, "at": done.position}
    record_action(connection, "parked.retry", by, f"parked {found.parked_id}", done.says, details)


def _failed(connection: psycopg.Connection[Any], found: ParkedEvent, by: str, error: HarmonyError) -> Retried:
    if isinstance(error, (NotFound, Settled, BadArgument)):
        raise error
    with connection.transaction():
        reason = str(error)
        parked.tried(connection, found.parked_id, error.code, reason)
        details = _details(found) | {"result": "still_parked", "code": error.code}
        record_action(connection, "parked.retry", by, f"parked {found.parked_id}", reason, details)
    return Retried(found.parked_id, "still_parked", found.position, reason, error.code)


def _details(found: ParkedEvent) -> dict[str, object]:
    return {"part": found.part, "switch": found.switch, "position": found.position, "code": found.code}
