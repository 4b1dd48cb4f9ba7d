"""Events of the log on this machine, read from its database: those of all companies, as its operator sees them."""

import threading
from collections.abc import Iterator

from api.access.principal import OPERATOR
from api.hooks import tryouts
from api.listener.chosen import chosen
from api.streams.calls_source import CallsSource
from api.streams.sources import open_source
from api.streams.subscription import asked
from core.log.driver import connect, translated
from projections.published.filter import EventFilter

POLL = 0.5
"""seconds after which it looks without being told to: of test events nobody tells"""


class Local:
    """What comes from now on, which is when it is made."""

    def __init__(self, dsn: str, types: str | None) -> None:
        wanted = asked({"log": "calls"} | ({"types": types} if types else {}), "now").filter
        assert isinstance(wanted, EventFilter)
        self._wanted = wanted
        self._types = types
        source = open_source(dsn, "calls")
        assert isinstance(source, CallsSource)
        self._source = source
        try:
            self._connection = connect(dsn, "harmony listen")
            with translated():
                self._connection.execute("LISTEN harmony_calls")
                self._after = source.head()
                self._number = tryouts.after(self._connection, OPERATOR, None).next
        except BaseException:
            source.close()
            raise

    def close(self) -> None:
        self._source.close()
        self._connection.close()

    def bodies(self, stop: threading.Event) -> Iterator[bytes]:
        """Yield events as JSON until told to stop."""
        with translated():
            while not stop.is_set():
                head = self._source.head()
                while self._after < head:
                    page = self._source.read(self._after, self._wanted, head)
                    yield from (entry.json for entry in page.entries)
                    self._after = page.reached
                tests = tryouts.after(self._connection, OPERATOR, self._number)
                yield from chosen(tests.events, self._types)
                self._number = tests.next
                for _ in self._connection.notifies(timeout=POLL, stop_after=1):
                    pass
