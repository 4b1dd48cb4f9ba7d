"""Events of a server over HTTP, as the bearer of a token sees them: what a developer without the machine uses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import msgspec

from api.errors import FAILED, ApiError
from api.hooks.tryouts import Page
from api.listener.chosen import chosen

WAIT = 1
"""seconds that the server may keep a question for events; test events are asked for in between"""
PATIENCE = 30.0


class Refused(ApiError):
    """The server said no, in its own words."""

    code = "listen.refused"
    exit_code = FAILED


class Away(ApiError):
    """The server does not answer, or cannot do it now."""

    code = "listen.away"
    exit_code = FAILED


class _Events(msgspec.Struct):
    events: list[msgspec.Raw]
    next: str


class _Problem(msgspec.Struct):
    detail: str = ""


class Remote:
    """What comes from now on. While the server is away nothing is lost: it goes on behind the last cursor."""

    def __init__(self, url: str, token: str, types: str | None, tell: Callable[[str], None]) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            self._client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)
        except (httpx.InvalidURL, ValueError):
            raise Refused(f"{url[:100]!r} is no address of a server: write https://harmony.example.com.") from None
        self._types = types
        self._tell = tell
        self._cursor = ""
        self._number: int | None = None

    def close(self) -> None:
        self._client.close()

    def begin(self) -> None:
        """Find where now is; nothing behind it is missed."""
        self._cursor = self._events({"after": "now"}).next
        tests = self._tests(None)
        self._number = None if tests is None else tests.next

    @contextmanager
    def opened(self) -> Iterator[Callable[[], object]]:
        """The server itself waits for more, for a while: there is nothing to wait for here."""
        yield lambda: None

    def new(self) -> Iterator[bytes]:
        """Events as JSON that have come since the last time, or come soon. Raises `Away`, and what is refused."""
        page = self._events({"after": self._cursor, "wait": WAIT})
        yield from map(bytes, page.events)
        self._cursor = page.next
        if self._number is not None and (tests := self._tests(self._number)) is not None:
            yield from chosen(tests.events, self._types)
            self._number = tests.next

    def trigger(self, name: str, tenant: str | None) -> bytes:
        """Have a test event made; its JSON."""
        asked = {"type": name} | ({"tenant": tenant} if tenant else {})
        return self._answer("POST", "/v1/test-events", json=asked).content

    def _events(self, more: dict[str, str | int]) -> _Events:
        asked = {"log": "calls"} | ({"types": self._types} if self._types else {}) | more
        return msgspec.json.decode(self._answer("GET", "/v1/events", params=asked).content, type=_Events)

    def _tests(self, number: int | None) -> Page | None:
        """None: test events are not for the bearer of this token, which is told once."""
        try:
            asked = {} if number is None else {"after": number}
            answer = self._answer("GET", "/v1/test-events", params=asked)
        except Refused as problem:
            self._tell(f"Test events do not come: {problem}")
            return None
        return msgspec.json.decode(answer.content, type=Page)

    def _answer(self, method: str, path: str, **more: object) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **more)  # type: ignore[arg-type]
        except httpx.HTTPError as problem:
            said = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
            raise Away(f"The server {self._client.base_url} does not answer: {said}.") from None
        if answer.is_success:
            return answer
        try:
            detail = msgspec.json.decode(answer.content, type=_Problem).detail
        except msgspec.DecodeError:
            detail = ""
        says = detail or f"The server {self._client.base_url} answered {answer.status_code} to {path}."
        if answer.status_code == 401:
            says = f"{says} `harmony tokens make` on the server's machine makes one; give it as --token, or @FILE."
        raise (Away if answer.status_code in (429, 502, 503, 504) else Refused)(says)
