"""What an operator did, as an event in the log: who, what, to what, why. The one way to say it.

The event belongs to no leg and folds to no call. Given a connection in a transaction it is stored in that, so that the
deed and its record are there together or not at all; say it last, for it keeps other writers of the log waiting until
the commit.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from core.event import version_of
from core.log.driver import connect, translated
from core.log.insert import insert
from core.log.prepare import Incoming, Preparer
from core.log.runs import Runs
from core.own_event import OPERATOR, OwnEvents

_own = OwnEvents()


def record_action(
    where: str | psycopg.Connection[Any],
    action: str,
    by: str,
    subject: str = "",
    reason: str = "",
    details: Mapping[str, object] | None = None,
    tenant: str | None = None,
) -> None:
    """Store that ``by`` (a principal's name) did ``action`` (such as ``retention.drop``) to ``subject``.

    ``where`` is a DSN, or a connection; one that is in no transaction commits at once. ``details`` must be fit for
    JSON and hold no secrets. Raises `LogError` and its kinds.
    """
    term = _own.make(
        OPERATOR,
        Harmony_Action=action,
        Harmony_By=by,
        Harmony_Tenant=tenant or "",
        Harmony_Subject=subject,
        Harmony_Reason=reason,
        Harmony_Details=json.dumps(details or {}, ensure_ascii=False, default=str),
    )
    if isinstance(where, str):
        with connect(where, "harmony operator") as connection:
            append_own(connection, term)
    else:
        append_own(where, term)


def append_own(connection: psycopg.Connection[Any], term: bytes) -> None:
    """Store one own event, within the transaction that the connection is in, if it is in one."""
    here = f"harmony@{socket.gethostname()}"
    batch = Preparer().prepare([Incoming(switch=here, term=term, received_at=time.time_ns() // 1000)])
    with translated(), connection.transaction():
        runs = Runs()
        rows = [
            (
                row.stream,
                version_of(runs.number(connection, row.core_uuid, here), row.sequence),
                row.occurred_at,
                row.topic,
                row.state,
            )
            for row in batch.rows
        ]
        insert(connection, rows, batch.parked, doubtful=False)
