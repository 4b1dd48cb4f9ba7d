"""How much of the server one company may have in use at once, so that no company stands in the way of the others.

Streams are counted: beyond the number a further one is refused. Questions that walk through many calls stand in line, a
company's own line: some are answered at a time, a number may wait, and whoever waits too long is refused. Operators of
the installation are not limited. One event loop uses it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from typing import Final, Literal

from api.errors import ApiError

Share = Literal["usual", "stream", "question", "export"]
"""What an endpoint takes of a company's share: nothing that is counted; a stream for as long as it lasts; a place among
the questions that walk through many calls; one of few files that are read as fast as somebody takes them"""
WAITING = 16
"""questions a company that wait in line for each that is answered"""
PATIENCE = 10.0
"""seconds in line"""
EACH_STREAMS = 20
"""streams of one person: half of the company's where it has fewer than twice as many"""
EXPORTS, EACH_EXPORTS = 2, 1
"""files of calls that a company, and a person, may have made at once: each has a session of the database to itself"""
FREE = nullcontext()


class TooMuch(ApiError):
    """A company has as much in use as it may."""

    code = "api.share"
    status = 429


class Shares:
    """What companies have in use; `streams` and `questions` are how many each may have at once.

    A person takes of his company's share, and of it at most a part, so that no colleague stands in another's way;
    the tokens of programs are nobody's, and limited by the company's share alone.
    """

    def __init__(self, streams: int, questions: int) -> None:
        self._streams, self._questions = streams, questions
        self._each_streams = max(1, min(EACH_STREAMS, streams // 2))
        self._each_questions = max(1, questions // 2)
        self._open: Counter[str] = Counter()
        self._files: Counter[str] = Counter()
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def taken(self, share: Share, tenant: str | None, user: str | None = None) -> AsyncIterator[None]:
        """Take a share for as long as the context lasts; entering raises `TooMuch`.

        ``user``: the person who takes it, with the company's domain; None for a program's token.
        """
        if tenant is None or share == "usual":
            yield
            return
        async with AsyncExitStack() as stack:
            if share == "stream":
                if user is not None:
                    stack.enter_context(self._stream(user, self._each_streams, _STREAMS_OF_ONE))
                stack.enter_context(self._stream(tenant, self._streams, _STREAMS_OF_ALL))
            elif share == "export":
                if user is not None:
                    stack.enter_context(self._stream(user, EACH_EXPORTS, _EXPORTS_OF_ONE, self._files))
                stack.enter_context(self._stream(tenant, EXPORTS, _EXPORTS_OF_ALL, self._files))
            else:
                if user is not None:
                    await stack.enter_async_context(self._question(user, self._each_questions, _QUESTIONS_OF_ONE))
                await stack.enter_async_context(self._question(tenant, self._questions, _QUESTIONS_OF_ALL))
            yield

    @contextmanager
    def _stream(self, whose: str, most: int, refusal: str, among: Counter[str] | None = None) -> Iterator[None]:
        held = self._open if among is None else among
        if held[whose] >= most:
            raise TooMuch(refusal.format(whose, most))
        held[whose] += 1
        try:
            yield
        finally:
            held[whose] -= 1
            if not held[whose]:
                del held[whose]

    @asynccontextmanager
    async def _question(self, whose: str, at_once: int, refusal: str) -> AsyncIterator[None]:
        line = self._lines.setdefault(whose, _Line(at_once))
        if line.there >= at_once * (1 + WAITING):
            raise TooMuch(refusal.format(whose, at_once))
        line.there += 1
        try:
            try:
                await asyncio.wait_for(line.places.acquire(), PATIENCE)
            except TimeoutError:
                raise TooMuch(refusal.format(whose, at_once)) from None
            try:
                yield
            finally:
                line.places.release()
        finally:
            line.there -= 1
            if not line.there:
                del self._lines[whose]


class _Line:
    """Those who ask: some are answered at a time, the others wait."""

    def __init__(self, at_once: int) -> None:
        self.places = asyncio.Semaphore(at_once)
        self.there = 0


_STREAMS_OF_ALL: Final = (
    "{} has {} streams open, which is as many as one company may: end one, read several things by one stream, or ask"
    " the operator for more (company_streams)."
)
_STREAMS_OF_ONE: Final = (
    "{} has {} streams open, which is as many as one person may: end one, read several things by one stream, or ask"
    " for a token of a program's."
)
_EXPORTS_OF_ALL: Final = (
    "{} has {} files of calls made already, which is as many as one company may: wait for their end."
)
_EXPORTS_OF_ONE: Final = "{} has a file of calls made already: wait for its end."
_QUESTIONS_OF_ALL: Final = (
    "{} asks for many calls more often at once than one company may ({} are answered at a time, others wait): ask again"
    " in a moment, or ask the operator for more (company_questions)."
)
_QUESTIONS_OF_ONE: Final = (
    "{} asks for many calls more often at once than one person may ({} are answered at a time, others wait): ask again"
    " in a moment."
)
