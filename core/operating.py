"""What an operator did, as an event in the log: who, what, to what, why. The one way to say it.

The event belongs to no leg and folds to no call. Given a connection in a transaction it is stored in that, so that the
deed and its record are there together or not at all; say it last, for it keeps other writers of the log waiting until
the commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from core.log.application import save_own
from core.log.driver import connect
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
            save_own(connection, term)
    else:
        save_own(where, term)
