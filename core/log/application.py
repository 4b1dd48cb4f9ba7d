"""The event log as an application of the eventsourcing library, for those who know that library's ways.

The hot path does not come by here: `core.log.eventlog` and `core.log.writer` insert the same rows into the same table.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, Mapper
from eventsourcing.postgres import PostgresDatastore, PostgresFactory
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from core.log.mapper import SwitchEventMapper
from core.log.recorder import SwitchEventRecorder


class SwitchLog(Application[UUID]):
    """``SwitchLog(dsn).save(event)``: its domain event is `core.event.SwitchEvent`, its streams are legs and cores."""

    def __init__(self, dsn: str) -> None:
        parts = conninfo_to_dict(dsn)
        super().__init__(
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                PostgresFactory.POSTGRES_DBNAME: str(parts.get("dbname") or ""),
                PostgresFactory.POSTGRES_HOST: str(parts.get("host") or ""),
                PostgresFactory.POSTGRES_PORT: str(parts.get("port") or 5432),
                PostgresFactory.POSTGRES_USER: str(parts.get("user") or ""),
                PostgresFactory.POSTGRES_PASSWORD: str(parts.get("password") or "none"),
                PostgresFactory.POSTGRES_SCHEMA: "log",
                PostgresFactory.CREATE_TABLE: "n",
            }
        )

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Use the library's factory for PostgreSQL, for its pool of connections."""
        return PostgresFactory(env)

    def construct_mapper(self) -> Mapper[UUID]:
        """Use our mapper."""
        return SwitchEventMapper(self._switch_of)

    def construct_recorder(self) -> ApplicationRecorder:
        """Use our recorder."""
        return SwitchEventRecorder(self._datastore)

    @property
    def _datastore(self) -> PostgresDatastore:
        datastore: PostgresDatastore = getattr(self.factory, "datastore")  # noqa: B009  (not in the base's type)
        return datastore

    def _switch_of(self, run: int) -> str:
        with self._datastore.get_connection() as connection:
            row = connection.execute("SELECT switch FROM log.switch_run WHERE run = %s", (run,)).fetchone()
        return str(row["switch"]) if row else ""
