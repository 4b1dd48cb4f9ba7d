"""Whose a token is: the installation's own, one of the database, or nobody's; and whether it still holds.

What lasts longer than a request (streams) is ended with a reason when its bearer's token is revoked, expires, or is
replaced: `Opened` keeps account of it on the event loop.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID

import msgspec
from starlette.requests import HTTPConnection

from api.access import installation_token
from api.access.keeper import Keeper
from api.access.principal import OPERATOR, Principal
from api.access.token import PREFIX, Token
from api.errors import Unavailable
from core.following.tasks import follow
from core.registry.live import LiveRegistry
from core.registry.snapshot import EMPTY, Registry
from core.roles import Standing, alone, standing

TICK = 0.25
"""seconds between two looks at whether the tokens of open streams still hold"""
PATIENCE = 2.0
"""seconds that an unknown token waits for a look into the database, for it may be new"""
REMEMBERED = 10_000
"""tokens whose bearers' standing is kept until the registry changes"""
UNKNOWN = "This access token is not known here: it is another Harmony's, was replaced, or was not copied whole."
REVOKED = 4003
"""the code with which a WebSocket is closed then (RFC 6455, section 7.4.2: private use)"""


class Bearer(msgspec.Struct, frozen=True):
    """Who holds a good token."""

    principal: Principal
    why_not: Callable[[], str | None] = lambda: None
    """why the token holds no longer, a sentence; None while it does"""
    token: Token | None = None
    """None: the installation's own"""


class Bearers:
    """Knows the bearers of tokens; of one event loop."""

    def __init__(self, dsn: str, data: Path, registry: LiveRegistry | None = None) -> None:
        self._data = data
        self._registry = registry
        self._standings: dict[UUID, tuple[Registry, Standing | None]] = {}
        self._own: tuple[str, Bearer] | None = None
        """the installation's own token and its bearer: one for all that is open in its name, which is looked at once"""
        self.keeper = Keeper(dsn)

    async def __call__(self, text: str) -> Bearer | None:
        """The bearer of a token, None for one that is not good; raises `Unavailable`."""
        if text.startswith(PREFIX):
            return await self._kept(text)
        if installation_token.accepts(self._data, text):
            if self._own is None or self._own[0] != text:
                holds = partial(installation_token.accepts, self._data, text)
                self._own = (text, Bearer(OPERATOR, lambda: None if holds() else "The token was replaced."))
            return self._own[1]
        return None

    def why_not(self, text: str) -> str:
        """Why a token has no bearer, a sentence for who shows it; call it right after that was found."""
        with suppress(Unavailable):
            if (said := self.keeper.why_not(text)) is not None:
                return said
            if self.keeper.bearer(text) is not None:
                return "The user of this access token may not use the system now."
        return UNKNOWN

    async def _kept(self, text: str) -> Bearer | None:
        found = None
        with suppress(Unavailable):
            found = self.keeper.bearer(text)
        if found is None:  # it may be new, or we are
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(self.keeper.look()), PATIENCE)
            found = self.keeper.bearer(text)
        if found is None:
            return None
        standing = self._standing(found)
        if (standing is None and found.user is not None) or self._orphaned(found):
            return None
        expires = None if found.expires_at is None else found.expires_at.timestamp()
        return Bearer(
            found.principal(standing),
            lambda: (
                self.keeper.holds(found.token_id, expires) or self._orphaned(found) or self._otherwise(found, standing)
            ),
            token=found,
        )

    def _standing(self, token: Token) -> Standing | None:
        """What the user of a token may do now; None: he may not use the system any more, or it is nobody's.

        While nothing is known of anybody he has himself alone.
        """
        if token.user is None:
            return None
        name, _, domain = token.user.partition("@")
        registry = None if self._registry is None else self._registry.current
        if registry is None or registry is EMPTY:
            return alone(token.user)
        known = self._standings.get(token.token_id)
        if known is None or known[0] is not registry:
            found = standing(registry, domain, name, token.role or "operator")
            known = self._standings[token.token_id] = (registry, found)
            if len(self._standings) > REMEMBERED:
                self._standings.clear()
        return known[1]

    def _orphaned(self, token: Token) -> str | None:
        """Why a session ended with the installation's token; with another token it was revoked in the database."""
        if (
            token.parent is None
            or not token.parent.startswith("own:")
            or token.parent == installation_token.mark(self._data)
        ):
            return None
        return "The token was replaced."

    def _otherwise(self, token: Token, was: Standing | None) -> str | None:
        """Why what was let in by a token must come again: its user may do something else now, or nothing at all."""
        now = self._standing(token)
        if now == was:
            return None
        return "The user may not use the system any more." if now is None else "What the user may see has changed."


class Opened:
    """What is open in the name of a bearer."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[Bearer, Callable[[str], None]]] = {}

    @contextmanager
    def while_good(self, connection: HTTPConnection, end: Callable[[str], None]) -> Iterator[None]:
        """For as long as the context lasts: call `end` with the reason when the token of a request holds no longer."""
        key, bearer = object(), cast("Bearer | None", connection.scope.get("bearer"))
        if bearer is not None:
            self._open[key] = (bearer, end)
        try:
            yield
        finally:
            self._open.pop(key, None)

    async def keep(self) -> None:
        """Look for ever. Cancel it to end."""
        await follow("open streams", self._look, TICK)

    async def _look(self) -> None:
        verdicts: dict[int, str | None] = {}
        for key, (bearer, end) in list(self._open.items()):
            if id(bearer) not in verdicts:
                verdicts[id(bearer)] = bearer.why_not()
            if (reason := verdicts[id(bearer)]) is not None:
                self._open.pop(key, None)
                end(f"{reason} This stream ends.")
