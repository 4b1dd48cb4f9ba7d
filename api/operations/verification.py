"""The whole log walked once: each row held against its bytes, and all events against each other."""

from collections.abc import Callable

import msgspec

from api.health.services import SELECT, service_of
from api.operations.losses import heard
from core.log.driver import connect, translated
from core.log.verify import Finding, verify
from projections.verify import Account, Heard, Report

LISTED = 100
UNREAD = {"log.bad-state"}
"""what is wrong with an event that nothing more can be said of"""


class Verified(msgspec.Struct, frozen=True):
    events: int
    runs: int
    last: int
    wrong: list[Finding]
    """events that are not what their rows say; at most LISTED"""
    wrong_count: int
    report: Report
    """what is missing, by what the events say of each other"""

    @property
    def cut(self) -> bool:
        return self.wrong_count > len(self.wrong)


def verify_log(dsn: str, advance: Callable[[float], None]) -> Verified:
    """Raises `LogAway`. Memory grows with what lives and what is wrong, not with the log."""
    account = Account()
    wrong: list[Finding] = []
    wrong_count = last = unread = 0
    for found in verify(dsn, each=account.take):
        if isinstance(found, Finding):
            wrong_count += 1
            unread += found.code in UNREAD or found.code.startswith("event.")
            if len(wrong) < LISTED:
                wrong.append(found)
        else:
            last = found
            advance(found)
    return Verified(account.events + unread, account.cores, last, wrong, wrong_count, account.report(_heard(dsn)))


def _heard(dsn: str) -> list[Heard]:
    """What the bridges say of themselves: a bridge that was killed has told nothing to the log."""
    with connect(dsn, "harmony verify") as connection, translated():
        return heard(service_of(row) for row in connection.execute(SELECT).fetchall())
