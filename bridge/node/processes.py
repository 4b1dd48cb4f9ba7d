"""The processes of a node: which pid and which name is whose, and what a signal does to whom."""

from __future__ import annotations

import secrets
from typing import Protocol

from bridge.dist import Identity
from bridge.dist import control as controls
from bridge.dist.control import Control
from bridge.errors import NodeError
from bridge.node.door import Door, honest
from bridge.node.link import Link
from bridge.node.mailbox import MOST_WATCHERS, NOPROC, Home, Mailbox
from bridge.term import Atom, Pid, Ref


class Owner(Home, Protocol):
    """The node, as the table of its processes sees it."""

    @property
    def identity(self) -> Identity: ...

    @property
    def door(self) -> Door: ...

    def forget_receivers(self) -> None: ...


class Processes:
    """All mailboxes of one node."""

    def __init__(self, node: Owner) -> None:
        self._node = node
        self.by_pid: dict[Pid, Mailbox] = {}
        self.names: dict[str, Mailbox] = {}
        # Gets what is sent to names that nobody has: mod_erlang_event listens to every name, and so does its emulator.
        self.default: Mailbox | None = None
        self._numbers = 0
        self._salt = secrets.randbits(32)

    def spawn(self, name: str | None, of: str | None = None) -> Mailbox:
        """A new process of ours, under a registered name if one is given; ``of``: the only peer that it listens to."""
        node = self._node
        if name is not None and name in self.names:
            raise NodeError(f"The name {name} is taken on {node.name}: close the other mailbox, or choose another name")
        while True:
            number = self.next_number()
            # 15 and 13 bits are what a peer without V4_NC keeps of a pid.
            pid = Pid(node.name, number & 0x7FFF, number >> 15 & 0x1FFF, node.identity.creation)
            if pid not in self.by_pid:
                break
        mailbox = Mailbox(node, pid, name, of)
        self.by_pid[pid] = mailbox
        if name is not None:
            self.names[name] = mailbox
            node.forget_receivers()
        return mailbox

    def forget(self, mailbox: Mailbox) -> None:
        """A mailbox closes itself."""
        self.by_pid.pop(mailbox.pid, None)
        if mailbox.name is not None and self.names.get(mailbox.name) is mailbox:
            del self.names[mailbox.name]
        if self.default is mailbox:
            self.default = None
        self._node.forget_receivers()

    def make_ref(self) -> Ref:
        number = self.next_number()
        return Ref(
            self._node.name, self._node.identity.creation, (number & 0x3FFFF, number >> 18 & 0xFFFFFFFF, self._salt)
        )

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def find(self, target: Pid | Atom) -> Mailbox | None:
        return self.by_pid.get(target) if isinstance(target, Pid) else self.names.get(target)

    def receiver(self, control: Control) -> Mailbox | None:
        """Who gets a message."""
        match control:
            case controls.Send(to):
                return self.by_pid.get(to)
            case controls.RegSend(_, to):
                return self.names.get(to, self.default)
            case _:
                return None

    def _believed(self, link: Link, control: Control) -> bool:
        """Whether a signal can be its peer's: from a process of its own, to one of ours that listens to it."""
        target = getattr(control, "to", None) or getattr(control, "target", None)
        mailbox = self.find(target) if isinstance(target, Pid | Atom) else None
        if mailbox is not None and not mailbox.hears(link.peer):
            self._node.door.forged(mailbox.peer, link)
            return False
        match control:
            case controls.MonitorPExit(_, _, ref, _) if mailbox is not None:
                true = mailbox.watches(ref, link.peer)
            case _:
                true = honest(control, link.peer)
        if true:
            return True
        self._node.door.forged(None, link)
        return False

    def signal(self, link: Link | None, control: Control) -> None:
        """A link, an exit, a monitor... `link` is None for our own processes among themselves."""
        if link is not None and not self._believed(link, control):
            return
        match control:
            case controls.Link(sender, to):
                mailbox = self.by_pid.get(to)
                if mailbox is None or len(mailbox.links) >= MOST_WATCHERS:
                    self._node.signal(sender.node, controls.Exit(to, sender, NOPROC))
                else:
                    mailbox.links.setdefault(sender, None)
            case controls.Exit(sender, to, reason):
                if mailbox := self.by_pid.get(to):
                    mailbox.told_exit(sender, reason)
            case controls.Exit2(sender, to, reason):
                if mailbox := self.by_pid.get(to):
                    mailbox.told_exit2(sender, reason)
            case controls.Unlink(sender, to) | controls.UnlinkId(_, sender, to):
                if mailbox := self.by_pid.get(to):
                    mailbox.told_unlinked(sender, None)
                if link is None and isinstance(control, controls.UnlinkId):
                    self.signal(None, controls.UnlinkIdAck(control.id, to, sender))
            case controls.UnlinkIdAck(number, sender, to):
                if mailbox := self.by_pid.get(to):
                    mailbox.told_unlinked(sender, number)
            case controls.MonitorP(sender, target, ref):
                mailbox = self.find(target)
                if mailbox is None or len(mailbox.watchers) >= MOST_WATCHERS:
                    self._node.signal(sender.node, controls.MonitorPExit(target, sender, ref, NOPROC))
                else:
                    mailbox.watchers[ref] = (sender, target)
            case controls.DemonitorP(_, target, ref):
                mailbox = self.find(target)
                if mailbox is not None:
                    mailbox.watchers.pop(ref, None)
            case controls.MonitorPExit(_, to, ref, reason):
                if mailbox := self.by_pid.get(to):
                    mailbox.told_down(ref, reason)
            case controls.GroupLeader():
                pass
            case _:
                self._node.log.warning("%s sent a control message that is not known here: %r", link, control)
