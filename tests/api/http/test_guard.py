"""What a client breaks ends its own socket and nothing else: the stream hears of a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.access.bearers import Bearer
from api.access.principal import OPERATOR
from api.http.guard import Guard

pytestmark = pytest.mark.pure


def through_the_guard(sent: Sequence[str], refuses: str) -> BaseException | None:
    """Send these messages from a route to a server that refuses one as uvicorn does, by `RuntimeError`."""
    heard: list[BaseException] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            for kind in sent:
                await send({"type": kind})
        except (OSError, RuntimeError) as problem:
            heard.append(problem)

    async def knows(token: str) -> Bearer:
        return Bearer(OPERATOR)

    async def server(message: Message) -> None:
        if message["type"] == refuses:
            raise RuntimeError(f"Unexpected ASGI message {message['type']!r}")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "headers": [(b"authorization", b"Bearer x")], "subprotocols": [], "path": "/v1/ws"}
    asyncio.run(Guard(app, knows)(scope, receive, server))
    return heard[0] if heard else None


@pytest.mark.parametrize("refused", ["websocket.send", "websocket.close"])
def test_a_socket_that_the_server_closed_by_itself_is_a_lost_connection(refused: str) -> None:
    assert isinstance(through_the_guard(["websocket.accept", refused], refused), OSError)


@pytest.mark.parametrize(
    "sent", [["websocket.send"], ["websocket.accept", "websocket.close", "websocket.send"]], ids=["before", "after"]
)
def test_what_the_route_does_wrong_itself_is_not_taken_for_that(sent: list[str]) -> None:
    assert isinstance(through_the_guard(sent, "websocket.send"), RuntimeError)
