"""One attempt: a POST to an address that was looked at, and what came back. Knows nothing of rows and schedules.

The request names the host (Host, and the name that the certificate must be for) and goes to the address that was
checked. No redirects, no proxies of the environment, no cookies; 15 seconds for everything; of the answer only the
beginning is read.
"""

import asyncio
import contextlib
import logging
import time
from typing import Protocol

import httpx
import msgspec

from api.hooks.addresses import BadUrl, Policy, Resolver, checked_url, chosen

logging.getLogger("httpx").setLevel(logging.WARNING)
# It would write every URL into the log, and a URL may hold a secret of the receiver.

PATIENCE = 15.0
KEPT = 500
"""Characters of an answer that are kept."""
_READ = 4 * KEPT
LISTEN = 2.0
"""Seconds for the text behind the status."""
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
AGENT = "Harmony-Webhooks/1"


class Answer(msgspec.Struct, frozen=True):
    """How an attempt went; `error` None: it was delivered."""

    status: int | None
    ms: int
    text: str = ""
    error: str | None = None
    wait: float | None = None
    """seconds that the receiver asked to be left alone"""

    @property
    def delivered(self) -> bool:
        return self.error is None

    @property
    def gone(self) -> bool:
        """The receiver wants nothing any more."""
        return self.status == 410


class Names(Protocol):
    async def addresses(self, host: str, port: int) -> list[str]: ...


class Courier:
    """Carries messages. Connections live as long as a `Trip`, and each trip is for one endpoint only."""

    def __init__(self, policy: Policy, names: Names | None = None, patience: float = PATIENCE) -> None:
        self.policy = policy
        self.patience = patience
        self.names: Names = names or Resolver()
        self.trust = httpx.create_ssl_context(trust_env=False)

    def trip(self) -> "Trip":
        return Trip(self)

    def close(self) -> None:
        if isinstance(self.names, Resolver):
            self.names.close()


class Trip:
    """One or several messages to one endpoint, one after the other, over one connection where that holds."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier
        self._client = httpx.AsyncClient(
            verify=courier.trust,
            trust_env=False,
            follow_redirects=False,
            timeout=courier.patience,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        )

    async def __aenter__(self) -> "Trip":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Deliver one message; whatever goes wrong is in the answer."""
        began = time.monotonic()

        def failed(says: str) -> Answer:
            return Answer(None, _ms(began), error=says)

        try:
            async with asyncio.timeout(self._courier.patience):
                return await self._post(url, body, headers, began)
        except TimeoutError:
            return failed(f"No answer within {self._courier.patience:g} s.")
        except BadUrl as problem:
            return failed(str(problem))
        except OSError as problem:  # the name server's word
            return failed(f"The name cannot be resolved: {problem.strerror or type(problem).__name__}.")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as problem:
            return failed(_sentence(problem))

    async def _post(self, text: str, body: bytes, headers: dict[str, str], began: float) -> Answer:
        url = checked_url(text, self._courier.policy)
        port = url.port or (443 if url.scheme == "https" else 80)
        address = chosen(url.host, await self._courier.names.addresses(url.host, port), self._courier.policy)
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={
                "host": url.netloc.decode("ascii"),
                "content-type": CONTENT_TYPE,
                "user-agent": AGENT,
                "accept": "*/*",
                "accept-encoding": "identity",
                **headers,
            },
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True)
        try:
            said = await _beginning(response)
        finally:
            await response.aclose()
        if response.is_success:
            return Answer(response.status_code, _ms(began), said)
        wait = _seconds(response.headers.get("retry-after")) if response.status_code in (429, 503) else None
        return Answer(response.status_code, _ms(began), said, f"The answer was {response.status_code}.", wait)


async def _beginning(response: httpx.Response) -> str:
    """The first characters of the answer; a receiver that sends for ever is not listened to."""
    found = b""
    with contextlib.suppress(httpx.HTTPError, TimeoutError):  # the status has been said: the rest decides nothing
        async with asyncio.timeout(LISTEN):
            async for chunk in response.aiter_raw():
                found += chunk
                if len(found) >= _READ:
                    break
    return found[:_READ].decode(errors="replace").replace("\0", "\ufffd")[:KEPT]


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 9 else None


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _sentence(problem: Exception) -> str:
    if isinstance(problem, httpx.TimeoutException):
        return "No answer in time."
    said = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
    if isinstance(problem, httpx.ConnectError):
        return f"No connection: {said[:300]}."
    return f"The exchange failed: {said[:300]}."
