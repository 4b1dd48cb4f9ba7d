"""What stands before every route: the token or the cookie of a session, and headers that keep a browser in bounds.

Plain ASGI, so that streams pass through untouched. What answers without a token stands in the records of endpoints
(`scope="open"`): the page's own static files, /livez, /readyz (which then gives codes and no names), /v1/login, and the
settings of phones, which show the secret in their address instead.
"""

from collections.abc import Awaitable, Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.audit import SWITCHING
from api.access.bearers import UNKNOWN, Bearer
from api.access.session import cookie_name, own
from api.http.problems import Problem, refusal
from api.http.services import Services
from core.errors import HarmonyError

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types harmony lit-html"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
BEARER = "harmony.bearer."
"""A browser cannot set headers of a WebSocket: it names its token as a subprotocol that begins so."""
EVENTS = "harmony.events"
"""the subprotocol that it should name besides, and gets as the answer"""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="harmony"'}
CROSS_SITE = "A page of another server asks in the name of who is signed in here: open Harmony's own page."
MISSING = "This needs an access token (of `harmony run`, of a login), as `Authorization: Bearer <token>`."
OTHER = "This needs an access token as `Authorization: Bearer <token>`; no other scheme is known here."
OVER = "This session is over: sign in again."


class Guard:
    """`knows` gives the bearer of a good token, None else, and then `why_not` says why.

    `opened` are the routes that need none. The scope's `principal` tells the door of a route.
    """

    def __init__(
        self,
        app: ASGIApp,
        knows: Callable[[str], Awaitable[Bearer | None]],
        opened: Sequence[BaseRoute] = (),
        why_not: Callable[[str], str] = lambda _: UNKNOWN,
    ) -> None:
        self.app = app
        self.knows = knows
        self.why_not = why_not
        self.opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note(scope, message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = await self._admit(scope, Headers(scope=scope), scope["method"])
        if refused is None or any(route.matches(scope)[0] is not Match.NONE for route in self.opened):
            await self.app(scope, receive, harden)
        else:
            await refused(scope, receive, harden)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Before the handshake: without a good token there is an answer of HTTP and no WebSocket."""
        named = [one.removeprefix(BEARER) for one in scope.get("subprotocols", ()) if one.startswith(BEARER)]
        refused = await self._admit(scope, Headers(scope=scope), None, "".join(named[:1]))

        opened = False

        async def noted(message: Message) -> None:
            nonlocal opened
            if message["type"] == "websocket.http.response.start":
                _note(scope, message["status"])
            elif message["type"] == "websocket.accept":
                _note(scope, SWITCHING)
            try:
                await send(message)
            except RuntimeError as problem:
                # The server says so of a message that does not fit, and of any message once it has closed by itself
                # what a client broke. Accepted and not closed from here, only the second can be meant.
                if opened:
                    raise OSError(str(problem)) from problem
                raise
            opened = message["type"] == "websocket.accept" or (opened and message["type"] != "websocket.close")

        await (refused or self.app)(scope, receive, noted)

    async def _admit(self, scope: Scope, headers: Headers, method: str | None, named: str = "") -> Problem | None:
        """Put the bearer into the scope; the answer where there is none. `method` None: a WebSocket."""
        given = headers.get("authorization")
        scheme, _, token = (given if given is not None else f"Bearer {named}").partition(" ")
        token, bearer, why = token.strip(), None, MISSING
        try:
            if scheme.lower() == "bearer" and token:
                bearer = await self.knows(token)
                why = self.why_not(token) if bearer is None else ""
            elif given is None and (session := _session(scope, headers)):
                if not own(headers, method):
                    return Problem(403, "api.cross-site", CROSS_SITE)
                bearer = await self.knows(session)
                if bearer is not None and (bearer.token is None or bearer.token.kind != "session"):
                    bearer = None
                why = OVER
            elif token:
                why = OTHER
        except HarmonyError as problem:
            return refusal(problem)
        finally:
            scope["bearer"] = bearer
            scope["principal"] = None if bearer is None else bearer.principal
        return None if bearer else Problem(401, "api.unauthorised", why, CHALLENGE)


def _session(scope: Scope, headers: Headers) -> str:
    """The token in the cookie of a session, "" without one."""
    if "cookie" not in headers:
        return ""
    return cookie_parser(headers["cookie"]).get(cookie_name(scope.get("scheme", "http")), "")


def _note(scope: Scope, status: int) -> None:
    """Have a refusal recorded."""
    services: Services | None = getattr(scope["app"].state, "services", None) if "app" in scope else None
    if services is not None:
        services.audit.answered(scope, status)


def subprotocol(offered: list[str]) -> str | None:
    """The subprotocol to agree on: a browser that offered any insists on one of them."""
    return EVENTS if EVENTS in offered else offered[0] if offered else None
