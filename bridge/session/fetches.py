"""Answering what a switch fetches: bound once a link, answered from memory at once.

One process of ours is bound for all sections; the switch waits at most five seconds for an answer, and an answer takes
well under a millisecond. What the answer says is `bridge.fetch`' business.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from bridge.errors import BridgeError
from bridge.fetch import answer
from bridge.fetch.answer import SECTIONS
from bridge.fetch.request import request
from bridge.node import Mailbox, Node
from bridge.node.mailbox import Envelope
from bridge.session.commands import REGISTERED
from bridge.session.texts import to_switch
from bridge.session.values import FetchStats
from bridge.term import Atom
from core.registry import Registry

LOG: Final = logging.getLogger("harmony.fetch")
_OK: Final = Atom("ok")
_REPLY: Final = Atom("fetch_reply")


class Fetches:
    """The fetches of one switch. `bind` after each connect, `release` when the link is gone."""

    def __init__(
        self, node: Node, switch: str, registry: Callable[[], Registry], patience: float, keep: int = 0
    ) -> None:
        """``keep``: minutes for which the switch may keep a user."""
        self._node, self._switch, self._registry, self._patience = node, switch, registry, patience
        self._keep = keep
        self._mailbox: Mailbox | None = None
        self._answers: asyncio.Queue[bool] = asyncio.Queue()
        self._answered = self._not_found = 0
        self._seconds = self._slowest = 0.0

    @property
    def stats(self) -> FetchStats:
        """Return this moment's figures."""
        return FetchStats(self._answered, self._not_found, self._seconds, self._slowest)

    async def bind(self) -> None:
        """Take over the sections; raise `BridgeError` when the switch will not have it, or does not answer."""
        self.release()
        self._answers = asyncio.Queue()
        self._mailbox = mailbox = self._node.mailbox(of=self._switch)
        mailbox.on_message = self._message
        for section in SECTIONS:
            mailbox.send((REGISTERED, self._switch), (Atom("bind"), Atom(section)))
            try:
                async with asyncio.timeout(self._patience):
                    bound = await self._answers.get()
            except TimeoutError:
                bound = False
            if not bound:
                raise BridgeError(
                    f"{self._switch} did not let us answer for {section}: it goes on with its own files; look whether "
                    "its mod_erlang_event is the one that Harmony was made for."
                )

    def release(self) -> None:
        """Let go of the process that was bound."""
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            mailbox.close()

    def _message(self, envelope: Envelope) -> None:
        began = time.perf_counter()
        asked = request(envelope.term)
        if asked is None:
            if isinstance(envelope.term, Atom):
                self._answers.put_nowait(envelope.term == _OK)
            elif isinstance(envelope.term, tuple) and envelope.term[:1] == (Atom("error"),):
                self._answers.put_nowait(False)
            return
        said = answer(self._registry(), asked, self._keep)
        if self._mailbox is not None:
            reply = (_REPLY, to_switch(asked.fetch_id), said.xml.encode())
            self._mailbox.send((REGISTERED, self._switch), reply)
        took = time.perf_counter() - began
        self._answered += 1
        self._not_found += not said.found
        self._seconds += took
        self._slowest = max(self._slowest, took)
