"""Keeping a switch joined: pauses that grow, and nothing that ends the trying."""

from __future__ import annotations

import asyncio

import pytest

from bridge.errors import PeerNotThere
from bridge.node import Backoff
from bridge.process.supervisor import Supervisor

pytestmark = pytest.mark.pure


class Session:
    """Stands in for a session whose lives end as told."""

    switch = "fs@a"
    trouble = ""

    def __init__(self, *ends: Exception | str) -> None:
        self._ends = list(ends)
        self.lives = 0
        self.over = asyncio.Event()

    async def run(self) -> str:
        self.lives += 1
        if not self._ends:
            self.over.set()
            await asyncio.Event().wait()
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


async def test_it_tries_again_whatever_happens(caplog: pytest.LogCaptureFixture) -> None:
    gone = PeerNotThere("fs@a is not there")
    session = Session(gone, gone, ValueError("a bug"), "the link was lost")
    supervisor = Supervisor(session, Backoff(first=0.001, longest=0.002))  # type: ignore[arg-type]
    task = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(session.over.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert session.lives == 5
    assert caplog.text.count("fs@a is not there") == 1
    assert "a bug" in caplog.text


async def test_it_ends_when_it_is_told_to() -> None:
    session = Session()
    task = asyncio.create_task(Supervisor(session).run())  # type: ignore[arg-type]
    await asyncio.wait_for(session.over.wait(), 10)
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
