"""Stored events out to Erlang nodes, byte for byte as the switch sent them. Which events, and when, is the caller's.

Two ways. `Sender` sends to a registered process of a node, which need not know anything of switches. `ReplayedSwitch`
is a node that behaves as mod_erlang_event does: a listener connects, registers, subscribes, and gets what it asked for.
Neither runs commands. A listener that asks is told what the switch could have said at this point of its events; what it
asks makes an API event, as in a real core, with the identity of the replayed core and the time of its last event.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Final
from uuid import uuid4

from bridge.emulator.core import Core
from bridge.emulator.listener import Listener
from bridge.emulator.writing import write_event
from bridge.errors import NodeError, NotConnected
from bridge.node import Envelope, Link, Node
from bridge.term import Atom, Pid, String, Term

_REGISTERED: Final = "mod_erlang_event"
_UNUSED: Final = 1 << 39
"""sequences that no core has come to: those of the events that a listener's questions make"""


class Sender:
    """Sends to ``process`` on ``peer``."""

    def __init__(self, node: Node, peer: str, process: str) -> None:
        self._node, self._peer, self._process = node, peer, process

    async def start(self) -> None:
        """Start the node and connect; raise `NodeError` (a wrong cookie, nobody there)."""
        await self._node.start()
        self._link = await self._node.connect(self._peer)
        self._mailbox = self._node.mailbox(_REGISTERED)

    async def send(self, topic: str, term: bytes, occurred_at: int) -> None:
        """Send one event, and wait while the peer does not read; raise `NotConnected`."""
        self._node.send_encoded((Atom(self._process), Atom(self._peer)), term, self._mailbox.pid)
        await _taken(self._link)

    async def stop(self) -> None:
        """Wait until the peer has been there for all that was sent, then close."""
        await _arrived(self._node, self._peer)
        await self._node.stop()


class ReplayedSwitch:
    """A switch whose events are stored ones; nothing is sent before ``peer`` has subscribed."""

    def __init__(self, node: Node, peer: str, core_uuid: str, began: int, *, encoding: str = "string") -> None:
        """``core_uuid`` and ``began`` (µs since the epoch): of the first event."""
        self._node, self._peer = node, peer
        self._core = Core(core_uuid, encoding=encoding)
        self._sequence = itertools.count(_UNUSED + time.time_ns() // 1_000_000 % (1 << 38))
        self._now = began
        self._listeners: dict[str, tuple[Listener, Link]] = {}
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Start the node and wait until the peer has registered and subscribed; raise `NodeError`."""
        await self._node.start()
        self._mailbox = self._node.mailbox(_REGISTERED)
        self._mailbox.on_message = self._message
        self._node.catch_all(self._mailbox)
        self._node.on_link_down.append(self._link_down)
        await self._ready.wait()

    async def send(self, topic: str, term: bytes, occurred_at: int) -> None:
        """Send one event to all who want it; raise `NotConnected` when the peer has gone."""
        if self._peer not in self._listeners:
            raise NotConnected(f"{self._peer} has closed the connection: nothing more can be sent to it.")
        name, _, subclass = topic.partition(" ")
        self._core.note(name, term)
        self._now = max(self._now, occurred_at)
        for link in self._to_all(name, subclass, term):
            await _taken(link)

    def _to_all(self, name: str, subclass: str, term: bytes) -> list[Link]:
        links = []
        for listener, link in self._listeners.values():
            if listener.handler is not None and listener.subscription.wants(name, subclass):
                self._node.send_encoded(listener.handler, term, self._mailbox.pid)
                links.append(link)
        return links

    async def stop(self) -> None:
        """Wait until the peer has read what was sent, then close."""
        if self._peer in self._listeners:
            await self._listeners[self._peer][1].drain()
        await self._node.stop()

    # -- what a listener needs of its switch ----------------------------------------------------------------------

    def api(self, pid: Pid, command: str, argument: str) -> tuple[bool, str] | None:
        """Answer a command; it makes an API event behind the answer."""
        told = [("API-Command", command), ("API-Command-Argument", argument)]
        self.fire("API", "", told if argument else told[:1])
        return self._core.api(command, argument)

    def job(self, pid: Pid, command: str, argument: str) -> str:
        """Run a command, and tell a little later."""
        number = str(uuid4())
        good, output = self._core.api(command, argument)
        answer: Term = (Atom("bgok" if good else "bgerror"), self.text(number), self.text(output))
        asyncio.get_running_loop().call_soon(self._mailbox.send, pid, answer)
        return number

    def reply(self, fetch_id: str, xml: str) -> bool:
        """Nothing is fetched."""
        return False

    def has(self, leg: str) -> bool:
        """Say whether a channel lives at this point of the events."""
        return leg in self._core.channels

    def fire(self, name: str, subclass: str, headers: list[tuple[str, str]]) -> None:
        """Make an event that belongs between those that are replayed, and send it."""
        pairs = [("Event-Subclass", subclass)] if subclass else []
        pairs += [
            ("Event-Name", name),
            ("Core-UUID", self._core.core_uuid),
            ("Event-Date-Timestamp", str(self._now)),
            ("Event-Sequence", str(next(self._sequence))),
            *headers,
        ]
        encoded = [(key.encode(), value.encode()) for key, value in pairs]
        term = write_event(None, encoded, self._core.encoding == "binary")
        asyncio.get_running_loop().call_soon(self._to_all, name, subclass, term)

    def text(self, text: str) -> Term:
        """Write a text in the encoding of the switch."""
        data = text.encode()
        if self._core.encoding == "binary":
            return data
        return String(data) if data else []

    def _message(self, envelope: Envelope) -> None:
        sender, link = envelope.sender, envelope.link
        if sender is None or link is None:
            return
        listener, _ = self._listeners.setdefault(link.peer, (Listener(self, link.peer, self._mailbox.pid), link))
        reply = listener.answer(envelope.term, sender)
        if envelope.term == Atom("register_event_handler"):
            self._mailbox.link(sender)
        if reply is not None:
            self._mailbox.send(sender, reply)
        if envelope.term == Atom("exit"):
            link.close("the peer asked to close")
        if link.peer == self._peer and listener.handler is not None and listener.subscription.any:
            self._ready.set()

    def _link_down(self, link: Link, reason: str) -> None:
        self._listeners.pop(link.peer, None)


async def _taken(link: Link) -> None:
    if not link.up:
        raise NotConnected(f"{link.peer} has closed the connection: nothing more can be sent to it.")
    await link.drain()


async def _arrived(node: Node, peer: str) -> None:
    """What an Erlang node answers behind them shows that messages have arrived; others only take what was sent."""
    link = node.link_to(peer)
    if link is None:
        return
    await link.drain()
    try:
        await node.ping(peer)
    except NodeError:
        return
