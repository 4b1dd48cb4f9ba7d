"""Subscribers of all three kinds for tests: each goes on by its cursor whatever happens, and keeps what it has seen."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

Seen = list[dict[str, Any]]
TROUBLE = (httpx.HTTPError, WebSocketException, OSError, EOFError)


class Subscriber:
    """Reads until `enough` says so of a cursor. `connections` counts how often it began."""

    def __init__(self, address: str, token: str, query: dict[str, str], enough: Callable[[str], bool]) -> None:
        self.address, self.token, self.query, self.enough = address, token, query, enough
        self.cursor = "beginning"
        self.seen: Seen = []
        self.reasons: list[str] = []
        self.connections = 0

    async def run(self) -> None:
        while not self.enough(self.cursor):
            self.connections += 1
            with suppress(*TROUBLE):
                await self._read()
            await asyncio.sleep(0.1)

    async def _read(self) -> None:
        async with aclosing(self.messages()) as messages:
            async for message in messages:
                self.cursor = message["cursor"]
                if "mark" not in message:
                    self.seen.append(message)
                elif message["mark"] == "closed":
                    self.reasons.append(message["reason"])
                if self.enough(self.cursor):
                    return

    def messages(self) -> AsyncGenerator[dict[str, Any], None]:
        raise NotImplementedError

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Stream(Subscriber):
    async def messages(self) -> AsyncGenerator[dict[str, Any], None]:
        headers = self.headers | ({} if self.cursor == "beginning" else {"Last-Event-ID": self.cursor})
        asked = {"after": "beginning", **self.query}
        async with (
            httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client,
            client.stream("GET", f"{self.address}/v1/stream", params=asked) as answer,
        ):
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])


class Socket(Subscriber):
    async def messages(self) -> AsyncGenerator[dict[str, Any], None]:
        asked = httpx.QueryParams({"after": self.cursor, **self.query})
        address = self.address.replace("http", "ws", 1)
        async with connect(f"{address}/v1/ws?{asked}", additional_headers=self.headers, proxy=None) as ws:
            async for message in ws:
                yield json.loads(message)


class Puller(Subscriber):
    async def messages(self) -> AsyncGenerator[dict[str, Any], None]:
        async with httpx.AsyncClient(headers=self.headers, timeout=30, trust_env=False) as client:
            while True:
                asked = {"after": self.cursor, "wait": "2", "limit": "50", **self.query}
                answer = await client.get(f"{self.address}/v1/events", params=asked)
                answer.raise_for_status()
                page = answer.json()
                for event in page["events"]:
                    yield event
                yield {"mark": "checkpoint", "cursor": page["next"]}
