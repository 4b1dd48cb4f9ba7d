"""The good tokens in the memory of a process, followed by a thread: who asks is known without the database.

A token that was revoked is unknown here a moment later, in every process. When the database cannot be asked for a
while, what was known counts no longer: better nobody than somebody whose token was revoked.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from api.access import store
from api.access.token import PREFIX, Token, hashed
from api.errors import Unavailable
from core.following import Follower, Session
from core.log.hearing import connected

POLL = 0.5
"""seconds between two looks"""
STALE = 15.0
"""seconds after the last look after which what is known counts no longer"""
NOTED = 30.0
"""seconds between two notes of who used theirs"""
AGAIN = 0.5
ENDED = 10_000
"""tokens that ended of which is known why"""
_BREATH = 0.05
"""seconds that looks are apart at least, however many unknown tokens are shown"""


class Keeper(Follower):
    """Start it once a process. `bearer` may be called from any thread, also on an event loop: it never blocks."""

    def __init__(self, dsn: str) -> None:
        super().__init__("tokens", first=AGAIN, longest=AGAIN)
        self._dsn = dsn
        self._good: dict[bytes, Token] = {}
        self._ids: set[UUID] = set()
        self._ended_ones: dict[bytes, bool] = {}
        self._number = -1
        self._looked_at = 0.0
        self._noted = time.monotonic()
        self._used: set[UUID] = set()
        self._lock = threading.Lock()
        self._wanted: Future[None] | None = None
        self._wake = threading.Event()

    def bearer(self, token: str) -> Token | None:
        """The good token of this text; raises `Unavailable` when nobody can tell just now."""
        if not token.startswith(PREFIX):
            return None
        if time.monotonic() - self._looked_at > STALE:
            raise Unavailable("Tokens cannot be checked now, for the database is away: try again in a moment.")
        found = self._good.get(hashed(token))
        if found is None or (found.expires_at is not None and found.expires_at.timestamp() <= time.time()):
            return None
        self._used.add(found.token_id)
        return found

    def why_not(self, token: str) -> str | None:
        """Why a token that was good once is so no longer, a sentence for who holds it; None: it never was."""
        found, key = self._good.get(hashed(token)), hashed(token)
        if (found is not None and found.state(datetime.now(UTC)) == "expired") or self._ended_ones.get(key) is False:
            return "This access token has expired: log in again, or ask for a new one."
        return "This access token was revoked: log in again, or ask for a new one." if key in self._ended_ones else None

    def holds(self, token_id: UUID, expires: float | None) -> str | None:
        """Why a token that was good is so no longer; None while it is."""
        if expires is not None and expires <= time.time():
            return "The token has expired."
        if time.monotonic() - self._looked_at > STALE:
            return "Tokens cannot be checked now: connect again in a moment."
        return None if token_id in self._ids else "The token was revoked."

    def look(self) -> Future[None]:
        """Have the tokens looked at again: done when a look that began after this is over. All share the next one."""
        with self._lock:
            if self._wanted is None:
                self._wanted = Future()
            self._wake.set()
            return self._wanted

    def finish(self) -> None:
        """End soon; who waits for a look is answered."""
        super().finish()
        self._wake.set()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Look at all tokens first."""
        try:
            with connected(self._dsn, "harmony tokens") as connection:
                self._number = -1
                yield Session(lambda: self._step(connection), self._pause)
        finally:
            self._answer()

    def _pause(self) -> None:
        self.rest(_BREATH)
        self._wake.wait(POLL - _BREATH)

    def _step(self, connection: psycopg.Connection[Any]) -> bool:
        with self._lock:
            asked, self._wanted = self._wanted, None
            self._wake.clear()
        try:
            self._take(connection)
        finally:
            if asked is not None:
                asked.set_result(None)
        if time.monotonic() - self._noted > NOTED:
            self._noted = time.monotonic()
            ids, self._used = self._used, set()
            if ids:
                store.used(connection, ids)
        return False

    def _take(self, connection: psycopg.Connection[Any]) -> None:
        at = time.monotonic()
        number = store.change_number(connection)
        if number != self._number:
            self._good = store.good(connection)
            self._ids = {one.token_id for one in self._good.values()}
            self._ended_ones = store.ended(connection, ENDED)
            self._number = number
        self._looked_at = at

    def _answer(self) -> None:
        with self._lock:
            asked, self._wanted = self._wanted, None
        if asked is not None:
            asked.set_result(None)
