"""What comes over the link for events: each is handed on as it is, counted, and looked at for what it proves.

What a finding means for the account of this switch is said here: a gap and an overflow become events of our own, and
all of them but a mark raise the doubt that `Upkeep` acts on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge.session.announce import Announcer
from bridge.session.clock import now
from bridge.session.legs import Legs
from bridge.session.losses import Gap
from bridge.session.sniff import watched
from bridge.session.values import Remembered
from bridge.session.watch import Finding, Marked, Miscount, Overflow, Watch
from core.errors import MalformedEvent
from core.headers import header, text

Sink = Callable[[str, bytes], None]
"""takes (switch, term) and never blocks"""


class Intake:
    """The events of one switch, over all its links."""

    def __init__(self, switch: str, sink: Sink, announce: Announcer, legs: Legs, before: Remembered) -> None:
        self.switch, self._sink, self._announce, self._legs = switch, sink, announce, legs
        self.core_uuid = before.core_uuid
        self.last_heard = before.last_heard
        """µs since the epoch"""
        self.first: int | None = None
        """when the first event of this link came, µs since the epoch"""
        self.events = self.gaps = self.overflows = self.missing = self.malformed = 0
        self.doubt = asyncio.Event()
        """something spoke against our account of the switch's legs"""
        self.marks: dict[str, asyncio.Future[None]] = {}
        """marks that are waited for (`Upkeep.mark`)"""
        self._watch: Watch | None = None
        self._held: list[bytes] | None = None

    def hold(self) -> None:
        """Keep what comes from now on until `begin`: what it proves depends on what is not known yet."""
        self._held = []

    def watch(self, core: str | None, sessions: int | None, at: int) -> int | None:
        """Watch from here on, where the switch has made so many sessions; how many of them we have missed, if known."""
        before = self._watch
        known = before is not None and self.core_uuid is not None and self.core_uuid == core
        seen = before.sessions.highest if before is not None and known else None
        self._watch = Watch(self._legs, sessions, at)
        return sessions - seen if sessions is not None and seen is not None and sessions > seen else None

    def begin(self) -> None:
        """Take in what was held, and all else as it comes."""
        held, self._held = self._held or [], None
        for term in held:
            self._event(term)

    def end(self) -> None:
        """The link is lost: what was held was never subscribed to the end."""
        self._held = None

    def reconciled(self) -> None:
        """The legs were held against the switch's own list just now."""
        if self._watch is not None:
            self._watch.reconciled()

    def take(self, term: bytes) -> bool:
        """Take in one event; False when it is held for now."""
        if self.first is None:
            self.first = now()
        if self._held is not None:
            self._held.append(term)
            return False
        self._event(term)
        return True

    def _event(self, term: bytes) -> None:
        self.events += 1
        self.last_heard = now()
        self._sink(self.switch, term)
        try:
            if self.core_uuid is None and (core := header(term, b"Core-UUID")):
                self.core_uuid = text(core)
            name = watched(term)
            if name is not None and self._watch is not None:
                self._found(self._watch.look(name, term))
        except MalformedEvent:  # the writer parks it with its bytes; here it only cannot be watched
            self.malformed += 1

    def _found(self, finding: Finding | None) -> None:
        match finding:
            case Gap():
                self.gaps += 1
                self._announce.gap(self.core_uuid, finding)
                self.doubt.set()
            case Overflow():
                self.overflows += 1
                self.missing += finding.missing
                self._announce.overflow(self.core_uuid, finding)
                self.doubt.set()
            case Miscount():
                self.doubt.set()
            case Marked(mark):
                if (waiting := self.marks.get(mark)) and not waiting.done():
                    waiting.set_result(None)
            case None:
                pass
