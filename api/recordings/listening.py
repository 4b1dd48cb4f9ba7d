"""That somebody listened, as a record in the log: once a sitting, for a browser asks for a file in many parts."""

import time
from collections import OrderedDict
from typing import Any

import psycopg

from api.access.principal import Principal
from core.operating import record_action

SITTING = 600.0
"""seconds in which the same file, asked for again by the same person, is the same listening"""
MOST = 10_000


class Listening:
    """What was recorded lately; one event loop uses it."""

    def __init__(self) -> None:
        self._lately: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_new(self, who: Principal, what: str) -> bool:
        """Whether it is to be recorded; from now on it was."""
        key, now = (f"{who.tenant or ''} {who.name}", what), time.monotonic()
        before = self._lately.get(key)
        if before is not None and now - before < SITTING:
            return False
        self._lately[key] = now
        self._lately.move_to_end(key)
        while len(self._lately) > MOST:
            self._lately.popitem(last=False)
        return True

    def forget(self, who: Principal, what: str) -> None:
        """It could not be recorded."""
        self._lately.pop((f"{who.tenant or ''} {who.name}", what), None)


def record(connection: psycopg.Connection[Any], who: Principal, tenant: str | None, of: str, name: str) -> None:
    """Keep that somebody heard a file, for `harmony operations list`. ``of``: the call or the mailbox."""
    record_action(connection, "access.listened", who.name, of, details={"file": name}, tenant=tenant)
