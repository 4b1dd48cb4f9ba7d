"""The two links to one switch: one for its events alone, one for commands and fetches.

A command on the link of the events waits behind them, and holds them up while it runs; with a switch before 1.11.1,
whose link for events must be kept supplied, it would wait behind the ticks as well. Who has both sees no difference.
The second link has a node name of its own, since an Erlang node has one link to a peer. Either ends with the other.
"""

from __future__ import annotations

import asyncio
from typing import Final

from bridge.dist.control import RegSend
from bridge.node import Link, Node
from bridge.session.commands import REGISTERED, Commands
from bridge.session.supply import FIRST, TICKS, Supply
from bridge.session.valve import Valve
from bridge.term import Atom, encode

BESIDE: Final = "commands"
"""what the second node's name has behind ours"""
_BLIND: Final = 0.3  # seconds between two supplies while nothing is read


READ_OUT = 2.0
"""seconds in which the link for events may bring what it holds after the one for commands is gone"""


class Lines:
    """Both links of one life. `open`, `subscribe`, then `tend` until the end, and `close` in any case."""

    def __init__(self, node: Node, switch: str, patience: float) -> None:
        self._node, self._switch, self._patience = node, switch, patience
        self._calm = node.beside(BESIDE)
        self._other: Link | None = None
        self._feeder: Feeder | None = None
        self._bound: asyncio.Task[None] | None = None

    @property
    def supplied(self) -> bool:
        """Whether the link for events is kept supplied."""
        return self._feeder is not None

    async def open(self, cookie: str | None) -> Link:
        """Connect both; return the link for events. Raise `NodeError` when one of them fails."""
        link = await self._node.connect(self._switch, cookie)
        try:
            self._other = await self._calm.connect(self._switch, cookie)
        except BaseException:
            link.close("its second link, for commands, could not be made")
            raise
        self._bound = asyncio.create_task(self._together(link, self._other))
        return link

    async def subscribe(self, link: Link, supply: bool) -> None:
        """Have the events begin; ``supply``: keep something to read waiting at the switch from now on."""
        commands = Commands(self._node, self._switch, self._patience)
        if not supply:
            await commands.subscribe("ALL")
            return
        self._feeder = feeder = Feeder(self._node, link)
        feeder.ahead()
        asking = asyncio.ensure_future(commands.subscribe("ALL"))
        await asyncio.sleep(0)  # it goes out
        feeder.begin()
        await asking

    async def tend(self, valve: Valve) -> None:
        """While the links stand: supply blindly while nothing is read."""
        while True:
            await asyncio.sleep(_BLIND)
            if self._feeder is not None and valve.shut:
                self._feeder.blind(_BLIND)

    def close(self, reason: str) -> None:
        """End both."""
        if self._bound is not None:
            self._bound.cancel()
        if self._feeder is not None:
            self._feeder.close()
            self._feeder = None
        if self._other is not None:
            self._other.close(reason)
            self._other = None

    async def _together(self, link: Link, other: Link) -> None:
        ends = [asyncio.ensure_future(one.closed.wait()) for one in (link, other)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        if link.closed.is_set():
            other.close(f"the link for events was lost: {link.closed.reason}")
            return
        # A switch that went away ends both: what it sent before is still to be read, and then the link ends by itself.
        try:
            await asyncio.wait_for(link.closed.wait(), READ_OUT)
        except TimeoutError:
            link.close(f"its second link, for commands, was lost: {other.closed.reason}")


class Feeder:
    """Sends what `Supply` says is due."""

    def __init__(self, node: Node, link: Link) -> None:
        self._link = link
        self._supply = Supply()
        self._mailbox = node.mailbox(of=link.peer)
        self._mailbox.on_raw = self._answered
        self._question = (RegSend(self._mailbox.pid, Atom(REGISTERED)), encode(Atom("getpid")))
        self._time = asyncio.get_running_loop().time

    def ahead(self) -> None:
        """Before the subscription: what follows it shall be there when it is read."""
        self._link.send_behind_ticks(FIRST)

    def begin(self) -> None:
        """Behind the subscription."""
        self._send(self._supply.begin())

    def blind(self, seconds: float) -> None:
        """For the next seconds, in which nothing is read."""
        self._send(self._supply.blind(self._time(), seconds))

    def close(self) -> None:
        """Answers that still come are nobody's."""
        self._mailbox.close()

    def _answered(self, term: bytes, link: Link) -> None:
        if link is self._link:
            self._send(self._supply.answered(self._time()))

    def _send(self, batches: int) -> None:
        for _ in range(batches):
            self._link.send_behind_ticks(TICKS, *self._question)
