"""Decisions kept by the eventsourcing library: an application of it, over a table of ours and the caller's connections.

A decision, and the word of it in the log of events (from which it is published), are one transaction. The table's key
is stream and version: of two who decide at once on the same state of things one gets `Changed`, and looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
import psycopg
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    JSONTranscoder,
    Mapper,
    Notification,
    NotSupportedError,
    StoredEvent,
    Subscription,
)
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment
from psycopg.sql import SQL

from core.decided.decision import Decision
from core.errors import HarmonyError
from core.log.application import save_own
from core.log.driver import Connections, translated

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = "originator_id, originator_version, topic, state"
_FAR = (1 << 62) - 1


class Changed(HarmonyError):
    """Somebody else decided first: the state of things that this one was decided on is past."""

    code = "decision.changed"


class Decisions(Application[UUID]):
    """``keep`` stores one decision; ``come_to`` folds those of a stream.

    ``kinds``: the union of all kinds of decisions that may lie in the streams that are read.
    """

    def __init__(self, connections: Connections, kinds: Any) -> None:
        self._connections, self._kinds = connections, kinds
        super().__init__()

    def come_to(self, stream: UUID, fold: Callable[[T | None, Iterable[Any]], T | None]) -> T | None:
        """What the decisions of a stream come to, None where there are none."""
        try:
            found: T = self.repository.get(stream, projector_func=cast("Any", fold))
        except AggregateNotFoundError:
            return None
        return found

    def keep(self, decision: Decision, word: bytes) -> None:
        """Store a decision and the own event that tells of it; raises `Changed`, `LogError` and its kinds."""
        try:
            with translated():
                self.save(cast("Any", decision), word=word)
        except IntegrityError:
            raise Changed("Somebody else decided on the same at this moment: look again, and decide again.") from None

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """What the library needs one for is made below; no variable of the environment steers it."""
        return POPOFactory(Environment(self.name, {}))

    def construct_mapper(self) -> Mapper[UUID]:
        return DecisionMapper(self._kinds)

    def construct_recorder(self) -> ApplicationRecorder:
        return DecisionRecorder(self._connections)


class DecisionMapper(Mapper[UUID]):
    """JSON of the event, and its own stable name as the topic."""

    def __init__(self, kinds: Any) -> None:
        super().__init__(JSONTranscoder())  # asked for by the library, not used
        self._decoder: msgspec.json.Decoder[Decision] = msgspec.json.Decoder(kinds)

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        event = cast(Decision, domain_event)
        return StoredEvent(event.originator_id, event.originator_version, event.topic, msgspec.json.encode(event))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        return cast("DomainEventProtocol[UUID]", self._decoder.decode(stored_event.state))


class _About(msgspec.Struct):
    """What of an event has columns of its own."""

    tenant: str | None
    by: str
    at: int


_about = msgspec.json.Decoder(_About).decode


class DecisionRecorder(ApplicationRecorder):
    """The table log.decision. It is small: people decide a few times a minute, so each row is an INSERT."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """All of them or none, with `word`, the term of an own event; `IntegrityError` when a version is taken."""
        if kwargs.get("tracking") is not None:
            raise NotSupportedError("Decisions are made by people, and track nothing.")
        try:
            with self._connections() as connection, connection.transaction():
                positions = [self._insert(connection, one) for one in stored_events]
                if word := kwargs.get("word"):
                    save_own(connection, word)  # last: it keeps other writers of the log waiting until the commit
                return positions
        except psycopg.errors.UniqueViolation as error:
            raise IntegrityError(str(error)) from None

    @staticmethod
    def _insert(connection: psycopg.Connection[Any], event: StoredEvent) -> int:
        about = _about(event.state)
        row = connection.execute(
            f"INSERT INTO log.decision ({_COLUMNS}, tenant, decided_by, decided_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING position",
            (
                event.originator_id,
                event.originator_version,
                event.topic,
                event.state,
                about.tenant,
                about.by,
                _EPOCH + timedelta(microseconds=about.at),
            ),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM log.decision WHERE originator_id = %s AND originator_version > %s"
            f" AND originator_version <= %s ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT %s",
            [originator_id, 0 if gt is None else gt, _FAR if lte is None else lte, limit],
        )
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        rows = self._rows(
            f"SELECT {_COLUMNS}, position FROM log.decision WHERE position > %s AND position <= %s"
            " AND (%s OR topic = ANY(%s::text[])) ORDER BY position LIMIT %s",
            [after, _FAR if stop is None else stop, not topics, list(topics), limit],
        )
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        return cast("int | None", self._rows("SELECT max(position) FROM log.decision", [])[0][0])

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        raise NotSupportedError("Decisions are published by the log of calls: subscribe there.")

    def _rows(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with translated(), self._connections() as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(SQL(cast("Any", query)), values).fetchall()
