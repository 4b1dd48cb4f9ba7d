"""Who may join this node, who was turned away, and what was sent in another node's name.

The cookie proves that a node belongs to the cluster, not which one it is: so a link is one node's alone, and what comes
over it can only be that node's. Both counts are of what was dropped; what is let in is nobody's business here.
"""

from __future__ import annotations

import collections
import logging
from collections.abc import Collection
from typing import Final, Literal

import msgspec

from bridge.dist.control import Control
from bridge.node.link import Link
from bridge.term import Pid
from core.bounded import BoundedLog

Reason = Literal["unknown name", "no cookie", "wrong cookie", "no handshake", "too many"]
WRONG_COOKIE: Final = "wrong-cookie"


class Turned(msgspec.Struct, frozen=True):
    """What a node did not let in, since it began."""

    refused: int = 0
    """connections that did not become a link, for any reason"""
    wrong_cookies: int = 0
    """those that could not prove the cookie"""
    forged: int = 0
    """messages and signals in the name of a node that came over another one's link"""


class Door:
    """``admit``: the names that may join; None lets in whoever proves the cookie."""

    def __init__(self, log: logging.Logger, admit: Collection[str] | None = None) -> None:
        self._admitted = None if admit is None else frozenset(admit)
        self._refusals, self._failures, self._forgeries = BoundedLog(log), BoundedLog(log), BoundedLog(log)
        self._turned: collections.Counter[Reason] = collections.Counter()
        self._forged: collections.Counter[str] = collections.Counter()

    def turned(self) -> Turned:
        """Return this moment's figures."""
        return Turned(self._turned.total(), self._turned["wrong cookie"], self._forged.total())

    def forged_of(self, peer: str) -> int:
        """Return how many messages came in this peer's name over links that are not its own."""
        return self._forged[peer]

    # -- joining --------------------------------------------------------------------------------------------------

    def admits(self, link: Link, peer: str, us: str, cookie: bytes) -> bool:
        """Say whether a name may go on to prove its cookie; whoever may not is counted, and told in the log."""
        if not peer or peer == us:
            self._refuse("unknown name", link, "it has our own name" if peer else "it wants us to name it")
        elif self._admitted is not None and peer not in self._admitted:
            self._refuse("unknown name", link, f"nobody named {peer!r} may join: name it in switches or peers")
        elif not cookie:
            self._refuse("no cookie", link, f"there is no cookie for {peer!r}: set one, an empty one proves nothing")
        else:
            return True
        return False

    def crowded(self) -> None:
        """Count one who made room for another, before it had shown the cookie."""
        self._turned["too many"] += 1
        self._failures.warning("Too many connections wait without showing the cookie: the oldest was closed")

    def failed(self, code: str, sentence: str) -> None:
        """Count a connection to us whose handshake went wrong."""
        self._turned["wrong cookie" if code == WRONG_COOKIE else "no handshake"] += 1
        self._failures.warning("%s", sentence)

    def _refuse(self, reason: Reason, link: Link, why: str) -> None:
        self._turned[reason] += 1
        self._refusals.warning("%s was turned away: %s", link.address, why)

    # -- speaking for others --------------------------------------------------------------------------------------

    def forged(self, peer: str | None, link: Link) -> None:
        """Count what came over ``link`` and could only be ``peer``'s; None: in the name of a node that is none of ours,
        of which strangers could think up any number."""
        self._forged[peer or ""] += 1
        whose = f"for the process that listens to {peer}" if peer else "in another node's name"
        sentence = f"Over the link to {link.peer} came something {whose}: it was dropped; look who can be {link.peer}"
        self._forgeries.warning("%s", sentence)


def honest(control: Control, peer: str) -> bool:
    """Say whether the sender that a signal or message names is a process of the peer's own."""
    sender = getattr(control, "sender", None)
    return not isinstance(sender, Pid) or sender.node == peer
