"""An installation with something of each kind, and all that its database holds, to compare."""

from __future__ import annotations

from typing import Any

import psycopg

from api.access import analysts, installation_token, store
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Site
from tests.projections.filling import events_of, tables

ALL = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('log', 'calls', 'hooks', 'auth')
      AND c.relname NOT IN ('migration', 'service', 'place', 'writing') ORDER BY 1
"""


def everything(dsn: str) -> dict[str, list[Any]]:
    with psycopg.connect(dsn) as connection:
        names = tuple(row[0] for row in connection.execute(ALL).fetchall())
    return tables(dsn, names)


def lived_in(site: Site) -> None:
    """An installation with something of each kind."""
    assert site.dsn is not None
    site.data.mkdir(parents=True, exist_ok=True)
    (site.data / "harmony.toml").write_text('cookie = "secret"\n')
    (site.data / "registry.ldif").write_text("# a registry\n")
    (site.data / "webhook.key").write_text("ab" * 32)
    installation_token.ensure(site.data)
    with EventLog(site.dsn) as log:
        log.append(events_of("13-*"))
        Runner(site.dsn, CallFold, TOPICS).run_once()
        log.append(events_of("01-*")[:40])
    Runner(site.dsn, CallFold, TOPICS).run_once()
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        store.make(connection, "alice", "reports", "alpha.example", ["read"])
        analysts.add(connection, "alice", "alpha.example", "ada")
