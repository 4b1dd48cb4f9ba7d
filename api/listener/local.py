"""Events of the log on this machine, read from its database: those of all companies, as its operator sees them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.access.principal import OPERATOR
from api.hooks import tryouts
from api.listener.chosen import chosen
from api.streams.calls_source import CallsSource
from api.streams.sources import open_source
from api.streams.subscription import subscription_of
from core.log.driver import connect, translated
from core.log.hearing import Connection, connected, heard
from projections.published.filter import EventFilter

POLL = 0.5
"""seconds after which it looks without being told to: of test events nobody tells"""


class Local:
    """What comes from now on, which is when it is made."""

    def __init__(self, dsn: str, types: str | None) -> None:
        chosen_types = subscription_of({"log": "calls"} | ({"types": types} if types else {}), "now").filter
        assert isinstance(chosen_types, EventFilter)
        self._filter = chosen_types
        self._types = types
        source = open_source(dsn, "calls")
        assert isinstance(source, CallsSource)
        self._dsn, self._source = dsn, source
        self._hints: Connection | None = None
        try:
            with connect(dsn, "harmony listen") as connection, translated():
                self._after = source.head()
                self._number = tryouts.after(connection, OPERATOR, None).next
        except BaseException:
            source.close()
            raise

    def close(self) -> None:
        self._source.close()

    @contextmanager
    def opened(self) -> Iterator[Callable[[], object]]:
        """While the database is there; yields how to wait for more."""
        with connected(self._dsn, "harmony listen", "harmony_calls") as hints:
            self._hints = hints
            yield lambda: heard(hints, POLL)

    def new(self) -> Iterator[bytes]:
        """Events as JSON that have come since the last time."""
        assert self._hints is not None
        with translated():
            head = self._source.head()
            while self._after < head:
                page = self._source.read(self._after, self._filter, head)
                yield from (entry.json for entry in page.entries)
                self._after = page.reached
            tests = tryouts.after(self._hints, OPERATOR, self._number)
            yield from chosen(tests.events, self._types)
            self._number = tests.next
