"""How much of the server one company may have in use at once, so that no company stands in the way of the others.

Streams are counted: beyond the number a further one is refused. Questions that walk through many calls stand in line, a
company's own line: some are answered at a time, a number may wait, and whoever waits too long is refused. Operators of
the installation are not limited. One event loop uses it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Literal

from api.errors import ApiError

Share = Literal["usual", "stream", "question"]
"""What an endpoint takes of a company's share: nothing that is counted; a stream for as long as it lasts; a place among
the questions that walk through many calls"""
WAITING = 16
"""questions a company that wait in line for each that is answered"""
PATIENCE = 10.0
"""seconds in line"""
FREE = nullcontext()


class TooMuch(ApiError):
    """A company has as much in use as it may."""

    code = "api.share"
    status = 429


class Shares:
    """What companies have in use; `streams` and `questions` are how many each may have at once."""

    def __init__(self, streams: int, questions: int) -> None:
        self._streams, self._questions = streams, questions
        self._open: Counter[str] = Counter()
        self._lines: dict[str, asyncio.Semaphore] = {}
        self._asking: Counter[str] = Counter()

    def taken(self, share: Share, tenant: str | None) -> AbstractAsyncContextManager[None]:
        """Take a share for as long as the context lasts; entering raises `TooMuch`."""
        if tenant is None or share == "usual":
            return FREE
        return self._stream(tenant) if share == "stream" else self._question(tenant)

    @asynccontextmanager
    async def _stream(self, tenant: str) -> AsyncIterator[None]:
        if self._open[tenant] >= self._streams:
            raise TooMuch(
                f"{tenant} has {self._streams} streams open, which is as many as one company may: end one, read several"
                " things by one stream, or ask the operator for more (company_streams)."
            )
        self._open[tenant] += 1
        try:
            yield
        finally:
            self._open[tenant] -= 1
            if not self._open[tenant]:
                del self._open[tenant]

    @asynccontextmanager
    async def _question(self, tenant: str) -> AsyncIterator[None]:
        if self._asking[tenant] >= self._questions * (1 + WAITING):
            raise self._too_many(tenant)
        self._asking[tenant] += 1
        line = self._lines.setdefault(tenant, asyncio.Semaphore(self._questions))
        try:
            try:
                await asyncio.wait_for(line.acquire(), PATIENCE)
            except TimeoutError:
                raise self._too_many(tenant) from None
            try:
                yield
            finally:
                line.release()
        finally:
            self._asking[tenant] -= 1
            if not self._asking[tenant]:
                del self._asking[tenant], self._lines[tenant]

    def _too_many(self, tenant: str) -> TooMuch:
        return TooMuch(
            f"{tenant} asks for many calls more often at once than one company may ({self._questions} are answered at a"
            " time, others wait): ask again in a moment, or ask the operator for more (company_questions)."
        )
