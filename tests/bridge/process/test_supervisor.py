"""Keeping a switch joined: pauses that grow, and nothing that ends the trying."""

from __future__ import annotations

import asyncio

import pytest

from bridge.errors import PeerNotThere
from bridge.process.supervisor import Supervisor
from core.following import standings

pytestmark = pytest.mark.pure


class Session:
    """Stands in for a session whose lives end as told."""

    switch = "fs@a"
    trouble = ""

    def __init__(self, *ends: Exception | str) -> None:
        self._ends = list(ends)
        self.lives = 0
        self.over, self.joined = asyncio.Event(), asyncio.Event()

    async def run(self) -> str:
        self.lives += 1
        if not self._ends:
            self.over.set()
            await asyncio.Event().wait()
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        self.trouble = f"The link to fs@a was lost: {end}"
        return end


async def test_it_tries_again_whatever_happens(caplog: pytest.LogCaptureFixture) -> None:
    gone = PeerNotThere("fs@a is not there")
    session = Session(gone, gone, ValueError("a bug"), "the link was lost")
    supervisor = Supervisor(session, first=0.001, longest=0.002)  # type: ignore[arg-type]
    task = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(session.over.wait(), 10)
    (mine,) = [standing for standing in standings() if standing.name == "session with fs@a"]
    assert (mine.trouble, mine.failures) == ("The link to fs@a was lost: the link was lost", 4)
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
