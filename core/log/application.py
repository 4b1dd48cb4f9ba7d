"""The event log as an application of the eventsourcing library: what Harmony itself has to say is saved through it.

What operators did, what was asked of a switch and what people decided come by here, one event at a time, within the
transaction that does the deed. The stream of a switch does not: `core.log.eventlog` and `core.log.writer` put thousands
a second into the same table, by the same `insert`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, Mapper
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment

from core.event import SwitchEvent, identify, version_of
from core.log.driver import Connections, translated
from core.log.mapper import SwitchEventMapper
from core.log.recorder import SwitchEventRecorder
from core.log.runs import Runs
from core.redaction import redact


class SwitchLog(Application[UUID]):
    """``SwitchLog(connections).save(event)``: its domain event is `SwitchEvent`, its streams are legs and cores.

    ``redacted``: takes the secrets out of a term, as the site's policy says.
    """

    def __init__(self, connections: Connections, redacted: Callable[[bytes], bytes] = redact) -> None:
        self._connections, self._redacted = connections, redacted
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The library needs one for nothing that is not made below; no variable of the environment steers it."""
        return POPOFactory(Environment(self.name, {}))

    def construct_mapper(self) -> Mapper[UUID]:
        """Use our mapper."""
        return SwitchEventMapper(self._switch_of, self._redacted)

    def construct_recorder(self) -> ApplicationRecorder:
        """Use our recorder."""
        return SwitchEventRecorder(self._connections)

    def _switch_of(self, run: int) -> str:
        with self._connections() as connection:
            return Runs().switch(connection, run)


def save_own(
    connection: psycopg.Connection[Any],
    term: bytes,
    redacted: Callable[[bytes], bytes] = redact,
    run: int | None = None,
) -> None:
    """Save one event of our own, within the transaction that the connection is in, if it is in one.

    ``run``: its number, where it is known; else it is found by the Core-UUID. Raises `LogError` and its kinds.
    """
    who, here = identify(term), f"harmony@{socket.gethostname()}"
    with translated(), connection.transaction():
        number = Runs().number(connection, who.core_uuid, here) if run is None else run
        event = SwitchEvent(0, who.stream, version_of(number, who.sequence), who.topic, who.occurred_at, 0, here, term)
        SwitchLog(lambda: nullcontext(connection), redacted).save(event)
