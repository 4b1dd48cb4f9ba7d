"""One event as a signed message to one address, once, and how it was answered. The message is that of a webhook."""

import base64
import re
import secrets as chance
import socket
import time

import httpx
import msgspec

from api.errors import USAGE, ApiError
from api.hooks import secrets
from api.hooks.post import AGENT, CONTENT_TYPE, PATIENCE


class BadTarget(ApiError):
    """What is to be forwarded to is no address."""

    code = "listen.url"
    exit_code = USAGE


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was brought there."""

    id: str
    time: str
    """of the event, in RFC 3339"""
    type: str
    test: bool
    status: int | None
    """of the answer; null: there was none"""
    error: str | None = None
    """why there was none"""


class _Head(msgspec.Struct):
    id: str
    time: str
    type: str
    test: bool = False


_head = msgspec.json.Decoder(_Head).decode


class Forwarder:
    """Keeps a connection to the address, and the secret for as long as it lives: it is nowhere on the disk."""

    def __init__(self, url: str) -> None:
        self._url = _checked(url)
        self._secret = chance.token_bytes(secrets.SIZE)
        self._client = httpx.Client(trust_env=False, follow_redirects=False, timeout=PATIENCE)

    def close(self) -> None:
        self._client.close()

    @property
    def secret(self) -> str:
        """As libraries of Standard Webhooks take it."""
        return secrets.PREFIX + base64.b64encode(self._secret).decode()

    def forward(self, body: bytes) -> Forwarded:
        """Bring an event there; whatever goes wrong is in the answer."""
        event = _head(body)
        status: int | None = None
        error: str | None = None
        headers = secrets.headers([self._secret], event.id, int(time.time()), body)
        headers |= {"content-type": CONTENT_TYPE, "user-agent": AGENT}
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                status = answer.status_code
        except httpx.HTTPError as problem:
            error = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
        return Forwarded(id=event.id, time=event.time, type=event.type, test=event.test, status=status, error=error)


def _checked(text: str) -> httpx.URL:
    """The address; one without a scheme is this machine's, as people write it: localhost:3000/hook."""
    try:
        url = httpx.URL(text if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) else f"http://{text}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise BadTarget(f"{text[:100]!r} is no address to forward to: write http://127.0.0.1:3000/hook.")
    try:
        socket.getaddrinfo(url.host, url.port or 80)
    except (OSError, UnicodeError):
        raise BadTarget(
            f"{text[:100]!r} is no address to forward to, for no host {url.host[:100]!r} can be found: correct it, "
            "or write http://127.0.0.1:3000/hook."
        ) from None
    return url
