"""Saying something at most so many times a minute, and then how many were left out.

What strangers can cause must not fill a log: not the disk, and not the patience of whoever looks for the one line that
matters. The first lines of a kind are said at once, the rest of that minute is counted, and the count is told when the
minute is over, also when nothing follows. Two ways to use it: `Seldom` in code, `SeldomSaid` as the filter of a logger
that is somebody else's.
"""

import logging
import threading
import time
from collections.abc import Callable

TIMES = 5
PERIOD = 60.0
"""seconds"""
KINDS = 200
"""that are told apart; what comes beyond shares one"""
OTHER = "(other)"


class _Kind:
    __slots__ = ("left_out", "said", "since")

    def __init__(self, since: float) -> None:
        self.since, self.said, self.left_out = since, 0, 0


class Seldom:
    """Permits for saying something: `times` of each kind in a period. From any thread.

    ``tell(kind, n, seconds)`` is called from a thread of its own when a period is over in which n were left out.
    """

    def __init__(
        self, tell: Callable[[str, int, float], None], times: int = TIMES, period: float = PERIOD, kinds: int = KINDS
    ) -> None:
        self._tell, self._times, self._period, self._most = tell, times, period, kinds
        self._kinds: dict[str, _Kind] = {}
        self._lock = threading.Lock()

    def may(self, kind: str) -> bool:
        """Whether it may be said now; if not, it is counted."""
        now = time.monotonic()
        with self._lock:
            kind, found = self._of(kind, now)
            if found.said < self._times:
                found.said += 1
                return True
            found.left_out += 1
            if found.left_out == 1:
                later = threading.Timer(max(0.0, found.since + self._period - now), self._over, (kind, found))
                later.daemon = True
                later.start()
            return False

    def _of(self, kind: str, now: float) -> tuple[str, _Kind]:
        found = self._kinds.get(kind)
        if found is None and len(self._kinds) >= self._most:
            self._kinds = {k: v for k, v in self._kinds.items() if v.left_out or now - v.since < self._period}
            if len(self._kinds) >= self._most:
                kind, found = OTHER, self._kinds.get(OTHER)
        if found is None or (not found.left_out and now - found.since >= self._period):
            found = self._kinds[kind] = _Kind(now)
        return kind, found

    def _over(self, kind: str, found: _Kind) -> None:
        with self._lock:
            number, found.left_out, found.said = found.left_out, 0, 0
            found.since = time.monotonic()
        self._tell(kind, number, self._period)


class SeldomSaid(logging.Filter):
    """Of each message (as it stands in the source, before its values) a logger says so many a period."""

    def __init__(self, logger: logging.Logger, times: int = TIMES, period: float = PERIOD) -> None:
        super().__init__()
        self._logger = logger
        self._seldom = Seldom(self._left_out, times, period)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name != self._logger.name or _counted(record) or self._seldom.may(_kind(record))

    def _left_out(self, kind: str, number: int, period: float) -> None:
        self._logger.warning("%d more lines like %r in %.0f s were left out", number, kind, period, extra={_MARK: True})


_MARK = "seldom_count"


def _kind(record: logging.LogRecord) -> str:
    """The first line of the message; some who log have put addresses of objects into the others."""
    return str(record.msg).strip().partition("\n")[0][:200]


def _counted(record: logging.LogRecord) -> bool:
    """A count is always said."""
    return bool(record.__dict__.pop(_MARK, False))


def say_seldom(logger: logging.Logger, times: int = TIMES, period: float = PERIOD) -> None:
    """Let a logger say each of its messages so many times a period at most; telling it twice changes nothing."""
    if not any(isinstance(one, SeldomSaid) for one in logger.filters):
        logger.addFilter(SeldomSaid(logger, times, period))
