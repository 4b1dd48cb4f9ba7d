"""A process of ours as other nodes see it: a pid that gets messages, links and monitors.

Signals arrive as the messages that an Erlang process that traps exits would get: `{'EXIT', Pid, Reason}` and
`{'DOWN', Ref, process, Item, Reason}`. What travels to which node is the node's business: `Home` is all that a process
knows of it.
"""

from __future__ import annotations

import asyncio
import collections
import logging
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from bridge.dist import control as controls
from bridge.dist.control import Control
from bridge.dist.flags import Flag
from bridge.node.link import Link
from bridge.term import Atom, Pid, Ref, Term

# A reader that hangs must not take all memory. Past this the newest messages are dropped and counted; the stream of
# switch events never comes here, since it is taken raw and held up at the socket instead.
MOST_MESSAGES: Final = 100_000
# Links and monitors that peers may put on one process; an Erlang node at full load has a few hundred.
MOST_WATCHERS: Final = 65_536

NOPROC, NOCONNECTION, NORMAL = Atom("noproc"), Atom("noconnection"), Atom("normal")
_EXIT, _DOWN, _PROCESS = Atom("EXIT"), Atom("DOWN"), Atom("process")

Target = Pid | tuple[str, str]
RawHandler = Callable[[bytes, Link], None]


class Table(Protocol):
    """The processes of the node, as one of them sees them: numbers for its marks, and a way out."""

    def make_ref(self) -> Ref: ...

    def next_number(self) -> int: ...

    def forget(self, mailbox: Mailbox) -> None: ...


class Home(Protocol):
    """The node, as a process of its own sees it."""

    @property
    def name(self) -> Atom: ...

    @property
    def log(self) -> logging.Logger: ...

    @property
    def processes(self) -> Table: ...

    def link_to(self, peer: str) -> Link | None: ...

    def send(self, to: Target, message: Term, sender: Pid) -> None: ...

    def signal(self, peer: str, control: Control) -> bool: ...


class Envelope(msgspec.Struct, frozen=True):
    """A message with what is known of its way: the sender where the peer told it, the name it was sent to, the link."""

    term: Term
    sender: Pid | None = None
    to: Pid | Atom | None = None
    link: Link | None = None


class Mailbox:
    """Made by `Node.mailbox`. Set `on_raw` to get messages as bytes, at once, undecoded; `on_message` to get them
    decoded at once; else they wait for `receive`."""

    def __init__(self, node: Home, pid: Pid, name: str | None, peer: str | None = None) -> None:
        self.node = node
        self.pid = pid
        self.name = name
        self.peer = peer
        """the only node that this process listens to, beside our own; None: all that are linked to us"""
        self.killable = True
        self.on_raw: RawHandler | None = None
        self.on_message: Callable[[Envelope], None] | None = None
        self.dropped = 0
        self.closed = False
        self._queue: collections.deque[Envelope] = collections.deque()
        self._arrived = asyncio.Event()
        # The processes that this one is linked to. The value is the id of an unlink on its way, whose answer is
        # awaited: until then what still comes of the link is ignored (OTP's new link protocol).
        self.links: dict[Pid, int | None] = {}
        self.watchers: dict[Ref, tuple[Pid, Pid | Atom]] = {}
        self.watching: dict[Ref, Target] = {}
        self.on_close: Callable[[], None] | None = None

    # -- messages -------------------------------------------------------------------------------------------------

    async def receive(self) -> Term:
        """The next message, in order of arrival."""
        return (await self.receive_envelope()).term

    async def receive_envelope(self) -> Envelope:
        """The next message with its sender, where that is known."""
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.popleft()

    def deliver(self, envelope: Envelope) -> None:
        """Put a message in (the node does this)."""
        if self.on_message is not None:
            self.on_message(envelope)
        elif len(self._queue) >= MOST_MESSAGES:
            self.dropped += 1
            if self.dropped == 1:
                self.node.log.warning("%s does not read: messages past %d are dropped", self, MOST_MESSAGES)
        else:
            self._queue.append(envelope)
            self._arrived.set()

    def send(self, to: Target, message: Term) -> None:
        """Send as this process; see `Node.send`."""
        self.node.send(to, message, self.pid)

    def hears(self, peer: str) -> bool:
        """Whether what comes over the link to this peer is for this process."""
        return self.peer is None or self.peer == peer

    def watches(self, ref: Ref, peer: str) -> bool:
        """Whether this peer may tell the end of what is monitored under this mark; of an unknown one anybody may."""
        target = self.watching.get(ref)
        return target is None or _node_of(target) == peer

    # -- links ----------------------------------------------------------------------------------------------------

    def link(self, pid: Pid) -> None:
        """From now on the end of either is told to the other."""
        if self.links.get(pid, 0) is None:
            return
        self.links[pid] = None
        if not self.node.signal(pid.node, controls.Link(self.pid, pid)):
            del self.links[pid]
            self._tell_exit(pid, NOCONNECTION)

    def unlink(self, pid: Pid) -> None:
        """...and no longer; nothing of the link arrives after this."""
        if self.links.get(pid, 0) is not None:
            return
        link = self.node.link_to(pid.node)
        if link is not None and not link.peer_flags & Flag.UNLINK_ID:
            del self.links[pid]
            self.node.signal(pid.node, controls.Unlink(self.pid, pid))
            return
        number = self.node.processes.next_number()
        self.links[pid] = number
        if not self.node.signal(pid.node, controls.UnlinkId(number, self.pid, pid)):
            self.links.pop(pid, None)

    def exit(self, pid: Pid, reason: Term) -> None:
        """Ask another process to end, as `exit(Pid, Reason)` does."""
        self.node.signal(pid.node, controls.Exit2(self.pid, pid, reason))

    # -- monitors -------------------------------------------------------------------------------------------------

    def monitor(self, target: Target) -> Ref:
        """Hear of the end of a process by `{'DOWN', Ref, process, Item, Reason}`.

        A peer that does not set both monitor flags (libei: the message would end FreeSWITCH's listener) is not told;
        then only the loss of the link is reported.
        """
        ref = self.node.processes.make_ref()
        peer = _node_of(target)
        self.watching[ref] = target
        link = self.node.link_to(peer)
        if peer != self.node.name and link is None:
            self.told_down(ref, NOCONNECTION)
        elif link is None or link.takes_monitors:
            self.node.signal(peer, controls.MonitorP(self.pid, _wire(target), ref))
        return ref

    def demonitor(self, ref: Ref) -> None:
        """...and no longer."""
        target = self.watching.pop(ref, None)
        if target is None:
            return
        peer = _node_of(target)
        link = self.node.link_to(peer)
        if peer == self.node.name or (link is not None and link.takes_monitors):
            self.node.signal(peer, controls.DemonitorP(self.pid, _wire(target), ref))

    # -- the end --------------------------------------------------------------------------------------------------

    def close(self, reason: Term = NORMAL) -> None:
        """End the process: linked and monitoring ones are told."""
        if self.closed:
            return
        self.closed = True
        self.on_raw = None
        self.node.processes.forget(self)
        for pid, unlinking in self.links.items():
            if unlinking is None:
                self.node.signal(pid.node, controls.Exit(self.pid, pid, reason))
        for ref, (watcher, target) in self.watchers.items():
            self.node.signal(watcher.node, controls.MonitorPExit(target, watcher, ref, reason))
        for ref in list(self.watching):
            self.demonitor(ref)
        self.links.clear()
        self.watchers.clear()
        if self.on_close is not None:
            self.on_close()

    # -- signals that came (the node calls these) -----------------------------------------------------------------

    def told_exit(self, sender: Pid, reason: Term) -> None:
        """A linked process has ended."""
        if self.links.get(sender, 0) is None:
            del self.links[sender]
            self._tell_exit(sender, reason)

    def told_exit2(self, sender: Pid, reason: Term) -> None:
        """Somebody wants this process to end; `kill` cannot be refused, but by what every peer relies on."""
        if reason == Atom("kill") and self.killable:
            self.close(Atom("killed"))
        else:
            self._tell_exit(sender, reason)

    def told_down(self, ref: Ref, reason: Term) -> None:
        """What was monitored has ended."""
        target = self.watching.pop(ref, None)
        if target is not None:
            item: Term = target if isinstance(target, Pid) else (Atom(target[0]), Atom(target[1]))
            self.deliver(Envelope((_DOWN, ref, _PROCESS, item, reason)))

    def told_unlinked(self, sender: Pid, number: int | None) -> None:
        """The peer has ended the link (number None), or answers our wish to end it."""
        if self.links.get(sender, 0) == number:
            del self.links[sender]

    def lost(self, peer: str) -> None:
        """The link to a node is gone, and with it everything that led there."""
        for pid in [pid for pid in self.links if pid.node == peer]:
            if self.links[pid] is None:
                self.told_exit(pid, NOCONNECTION)
            else:
                del self.links[pid]
        for ref in [ref for ref, (watcher, _) in self.watchers.items() if watcher.node == peer]:
            del self.watchers[ref]
        for ref in [ref for ref, target in self.watching.items() if _node_of(target) == peer]:
            self.told_down(ref, NOCONNECTION)

    def _tell_exit(self, sender: Pid, reason: Term) -> None:
        self.deliver(Envelope((_EXIT, sender, reason), sender))

    def __repr__(self) -> str:
        return f"<Mailbox {self.name or ''}{self.pid}>"


def _node_of(target: Target) -> str:
    return target.node if isinstance(target, Pid) else target[1]


def _wire(target: Target) -> Pid | Atom:
    return target if isinstance(target, Pid) else Atom(target[0])
