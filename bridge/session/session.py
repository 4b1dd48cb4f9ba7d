"""A session with one switch: from connecting to the loss of the link, everything between in order.

Register, subscribe to ALL, look at the switch's settings, then reconcile; every event goes to the sink as it came, and
every loss, proven gap, overflow and reconciliation becomes an event of our own there. Its two links
(bridge/session/lines.py) are one to it: "the link" is that of the events, and either ends with the other. Trying again
after a loss is the supervisor's; what the events mean is nobody's here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from bridge.errors import BridgeError, NodeError
from bridge.node import Link, Mailbox, Node
from bridge.session.announce import Announcer
from bridge.session.channels import ForeignList, sessions_since_startup
from bridge.session.commands import REGISTERED, CommandFailed, Commands, CommandTimeout
from bridge.session.fetches import Fetches
from bridge.session.legs import Legs
from bridge.session.lines import BESIDE, Lines
from bridge.session.losses import Gap
from bridge.session.reconciliation import Reconciled, reconcile
from bridge.session.settings import ERLANG, SOFIA, erlang_faults, sofia_faults
from bridge.session.sniff import watched
from bridge.session.standing import LOOK, Standing
from bridge.session.values import Remembered, SwitchStats
from bridge.session.valve import Valve
from bridge.session.version import fell_at_once, runs_dry, version_of
from bridge.session.watch import MARK_COMMAND, Marked, Miscount, Overflow, Watch
from bridge.term import Atom
from core.errors import MalformedEvent
from core.headers import header, is_event, text
from core.own_event import OwnEvents
from core.registry import Registry
from core.registry.snapshot import EMPTY

__all__ = ["Remembered", "Sink", "SwitchSession", "SwitchStats"]

Sink = Callable[[str, bytes], None]
LOG: Final = logging.getLogger("harmony.switch")
AT_ONCE: Final = 1_000_000
"""µs after its first events within which the end of a link is no accident"""
_REGISTER_OK: Final = frozenset({b"\x83d\x00\x02ok", b"\x83w\x02ok", b"\x83s\x02ok", b"\x83v\x00\x02ok"})


def now() -> int:
    """Return the time, µs since the epoch."""
    return time.time_ns() // 1000


class SwitchSession:
    """One switch; `run` is one life of the link to it. What it remembers between lives is in here."""

    def __init__(
        self,
        node: Node,
        switch: str,
        sink: Sink,
        *,
        cookie: str | None = None,
        own: OwnEvents | None = None,
        pressure: Callable[[], bool] | None = None,
        remembered: Remembered | None = None,
        encoding: str | None = None,
        patience: float = 10.0,
        quiet: float = 60.0,
        registry: Callable[[], Registry] | None = None,
        keep: int = 0,
    ) -> None:
        """``sink`` takes (switch, term) and never blocks; ``pressure`` says that it wants no more for now; ``encoding``
        is what the settings expect; ``patience`` is how long an answer may take, in seconds, and ``quiet`` after how
        many without an event the stream is tried (a core makes a HEARTBEAT every 20); ``registry`` is what the switch's
        fetches are answered from, None leaves the switch to its own files; ``keep`` is for how many minutes it may
        keep a user."""
        before = remembered or Remembered()
        self.switch = switch
        calm = node.beside(BESIDE)
        self.commands = Commands(calm, switch, patience)
        self.state = "down"
        self.trouble = ""
        self.faults: tuple[str, ...] = ()
        self.core_uuid = before.core_uuid
        self.last_heard = before.last_heard
        self.legs = Legs(before.legs)
        self.joined = asyncio.Event()
        """set while the link is up and the first reconciliation is done"""
        self._node, self._cookie, self._patience, self._quiet = node, cookie, patience, quiet
        self._sink, self._valve, self._expected = sink, Valve(pressure), encoding
        self._announce = Announcer(switch, str(node.name), own or OwnEvents(), lambda term: sink(str(node.name), term))
        self._unended = before.unended
        self._events = self._links = self._gaps = self._overflows = self._missing = self._malformed = 0
        self._bytes = 0
        self._link: Link | None = None
        self._watch: Watch | None = None
        self._held: list[bytes] | None = None
        self._registered: asyncio.Future[None] | None = None
        self._marks: dict[str, asyncio.Future[None]] = {}
        self._doubt = asyncio.Event()
        self._version: str | None = None
        self._first: int | None = None  # when the first event of this link came, µs since the epoch
        self._wary = False  # a link fell at its first events: whatever the version, the next one is supplied
        self._lines: Lines | None = None
        self._registry = registry
        self._served = False  # fetches are ours, or were tried to be, over this link
        self._fetches = Fetches(calm, switch, registry, patience, keep) if registry is not None else None
        self._standing = Standing(self.commands, switch, registry) if registry is not None else None

    def tell_unended(self) -> None:
        """The bridge before us was killed, and could not tell that its link was lost: do it in its place."""
        if self._unended is not None:
            self._announce.link_down(self.core_uuid, self._unended, now(), "the bridge ended without a word")
            self._unended = None

    # -- one life of the link -------------------------------------------------------------------------------------

    async def run(self) -> str:
        """Join, and stay until the link is lost; return the reason. Raise `BridgeError` when joining fails."""
        link: Link | None = None
        mailbox: Mailbox | None = None
        self.state = "joining"
        reason = "the bridge was stopped"
        self._first = None
        self._lines = lines = Lines(self._node, self.switch, self._patience)
        try:
            self._link = link = await lines.open(self._cookie)
            mailbox = self._node.mailbox(of=self.switch)
            mailbox.on_raw = self._message
            await self._join(link, mailbox)
            tending = [asyncio.create_task(self._tend()), asyncio.create_task(lines.tend(self._valve))]
            if self._registry is not None:
                tending.append(asyncio.create_task(self._serve_what_is_known()))
            try:
                reason = await link.closed
            finally:
                for task in tending:
                    task.cancel()
                await asyncio.gather(*tending, return_exceptions=True)
            self.trouble = self._fell(lines) or f"The link to {self.switch} was lost: {reason}"
            return reason
        except BridgeError as error:
            reason = self.trouble = self._fell(lines) or str(error)
            raise
        finally:
            self._leave(link, mailbox, reason)

    def _fell(self, lines: Lines) -> str | None:
        """The sentence for a link that its first events ended, None for any other end. The next link knows."""
        lasted = None if self._first is None else now() - self._first
        if lasted is None or lasted > AT_ONCE or self._link is None or not self._link.closed.is_set():
            return None
        sentence = fell_at_once(self.switch, lasted / 1e6, lines.supplied)
        self._wary = True
        LOG.warning("%s", sentence, extra={"switch": self.switch})
        return sentence

    async def _join(self, link: Link, mailbox: Mailbox) -> None:
        await self._register(link, mailbox)
        core = await self._answer("global_getvar", "core_uuid")
        status = await self._answer("status")
        self._version = None if status is None else version_of(status)
        self._held = []
        assert self._lines is not None
        await self._lines.subscribe(link, runs_dry(self._version) or self._wary)
        if link.closed.is_set():
            raise NodeError(f"The link to {self.switch} was lost while joining: {link.closed.reason}")
        self._up(None if core is None else core.strip(), None if status is None else sessions_since_startup(status))
        await self._look_at_settings()  # before fetches are ours: the thread that looks could not take our answer
        if self._registry is not None and self._registry() is not EMPTY:
            await self._serve_fetches()
        await self._try_to_reconcile("link")
        self.joined.set()

    async def _serve_fetches(self) -> None:
        """A switch that will not be served has its own files: that is said, and its events are taken all the same."""
        if self._fetches is None:
            return
        self._served = True
        try:
            await self._fetches.bind()
        except BridgeError as error:
            LOG.warning("%s", error)

    async def _serve_what_is_known(self) -> None:
        """Answer fetches and keep what stands there, once anything is known: until then the switch has its own files,
        and each of its fetches would cost it a way to us and back."""
        assert self._registry is not None
        assert self._standing is not None
        while not self._served:
            if self._registry() is EMPTY:
                await asyncio.sleep(LOOK)
            else:
                await self._serve_fetches()
        await self._standing.run()

    async def _answer(self, command: str, argument: str = "") -> str | None:
        """Ask for something that is good to know: a refusal is no reason not to take the events."""
        try:
            return await self.commands.api(command, argument)
        except CommandFailed as error:
            LOG.warning("%s", error, extra={"switch": self.switch})
            return None

    async def _register(self, link: Link, mailbox: Mailbox) -> None:
        self._registered = answer = asyncio.get_running_loop().create_future()
        ended = asyncio.ensure_future(link.closed.wait())
        try:
            mailbox.send((REGISTERED, self.switch), Atom("register_event_handler"))
            await asyncio.wait((answer, ended), timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            self._registered = None
        if link.closed.is_set():
            raise NodeError(f"The link to {self.switch} was lost while joining: {link.closed.reason}")
        if not answer.done():
            raise CommandTimeout(
                f"{self.switch} did not answer to register_event_handler within {self._patience:g} s: is this node "
                "FreeSWITCH's mod_erlang_event?"
            )

    def _up(self, core: str | None, sessions: int | None) -> None:
        at, old, previous = now(), self.core_uuid, self._watch
        seen = previous.sessions.highest if previous is not None and old is not None and old == core else None
        missed = sessions - seen if sessions is not None and seen is not None and sessions > seen else None
        self._watch = Watch(self.legs, sessions, at)
        self._announce.link_up(core, old, self.last_heard, at, missed, self.commands.encoding)
        self.core_uuid, self.state, self.trouble = core, "up", ""
        self._links += 1
        held, self._held = self._held or [], None
        for term in held:
            self._event(term)
        LOG.info("The link to %s is up, its core is %s", self.switch, core, extra={"switch": self.switch})

    def _leave(self, link: Link | None, mailbox: Mailbox | None, reason: str) -> None:
        if self.state == "up":
            self._announce.link_down(self.core_uuid, self.last_heard, now(), reason)
        self.state = "down"
        self.joined.clear()
        self._held = None
        if mailbox is not None:
            mailbox.close()
        if self._fetches is not None:
            self._fetches.release()
        self._served = False
        self._link = None
        if self._lines is not None:
            self._lines.close(reason)
        if link is not None:
            self._bytes += link.bytes_received
            link.close(reason)

    async def _look_at_settings(self) -> None:
        faults: list[str] = []
        for name, judge in ((ERLANG, self._erlang_faults), (SOFIA, sofia_faults)):
            try:
                answer = await self.commands.api("xml_locate", name)
                faults += judge(answer)
                if name == SOFIA and self._standing is not None:
                    self._standing.look(answer)
            except (CommandFailed, CommandTimeout) as error:
                faults.append(f"its settings could not be looked at: {error}")
        self.faults = tuple(f"{self.switch}: {fault}" for fault in faults)
        for fault in self.faults:
            LOG.warning("%s", fault, extra={"switch": self.switch})

    def _erlang_faults(self, answer: str) -> list[str]:
        return erlang_faults(answer, self.commands.encoding, self._expected)

    # -- what comes -----------------------------------------------------------------------------------------------

    def _message(self, term: bytes, link: Link) -> None:
        if is_event(term):
            if self._first is None:
                self._first = now()
            if self._held is not None:
                self._held.append(term)
                return
            self._event(term)
            self._valve.passed(link)
        elif self._registered is not None and not self._registered.done() and term in _REGISTER_OK:
            self._registered.set_result(None)

    def _event(self, term: bytes) -> None:
        self._events += 1
        self.last_heard = time.time_ns() // 1000
        self._sink(self.switch, term)
        try:
            if self.core_uuid is None and (core := header(term, b"Core-UUID")):
                self.core_uuid = text(core)
            name = watched(term)
            if name is not None and self._watch is not None:
                self._found(self._watch.look(name, term))
        except MalformedEvent:  # the writer parks it with its bytes; here it only cannot be watched
            self._malformed += 1

    def _found(self, finding: Gap | Overflow | Marked | Miscount | None) -> None:
        match finding:
            case Gap():
                self._gaps += 1
                self._announce.gap(self.core_uuid, finding)
                self._doubt.set()
            case Overflow():
                self._overflows += 1
                self._missing += finding.missing
                self._announce.overflow(self.core_uuid, finding)
                self._doubt.set()
            case Miscount():
                self._doubt.set()
            case Marked(mark):
                if (waiting := self._marks.get(mark)) and not waiting.done():
                    waiting.set_result(None)
            case None:
                pass

    # -- reconciling ----------------------------------------------------------------------------------------------

    async def _tend(self) -> None:
        """While the link stands: ask the switch again whenever something spoke against our account."""
        while True:
            try:
                async with asyncio.timeout(self._quiet):
                    await self._doubt.wait()
            except TimeoutError:
                await self._try_the_stream()
                continue
            if not await self._try_to_reconcile("doubt"):
                await asyncio.sleep(self._patience)

    async def _try_the_stream(self) -> None:
        """A link may tick and answer although its subscription is gone: then it is of no use, and begun again."""
        silent = now() - (self.last_heard or 0)
        if self._valve.shut or silent < self._quiet * 1e6 or await self._mark() or self._link is None:
            return
        self._link.close(f"no event came for {silent / 1e6:.0f} s, nor one that we asked for: the subscription is gone")

    async def _try_to_reconcile(self, cause: str) -> bool:
        """An answer that is late or strange must not cost us the events that come: it is asked for again."""
        try:
            await self._reconcile(cause)
        except (CommandFailed, CommandTimeout, ForeignList) as error:
            LOG.warning("%s could not be reconciled yet: %s", self.switch, error, extra={"switch": self.switch})
            self._doubt.set()
            return False
        return True

    async def _reconcile(self, cause: str) -> Reconciled:
        self._doubt.clear()
        core = self.core_uuid
        found = await reconcile(
            self.commands,
            self.legs,
            self._mark,
            lambda channel: self._announce.alive(core, channel),
            lambda leg: self._announce.gone(core, leg),
        )
        if self._watch is not None:
            self._watch.reconciled()
        self._announce.reconciled(core, cause, found)
        if cause == "doubt" and (found.gone or found.unseen):
            LOG.warning(
                "%s: %d legs had ended and %d begun unseen",
                self.switch,
                len(found.gone),
                len(found.unseen),
                extra={"switch": self.switch},
            )
        return found

    async def _mark(self) -> bool:
        """Have the switch make an event behind all that it has queued for us; wait until it is here."""
        mark = f"harmony-{uuid4()}"
        arrived = self._marks[mark] = asyncio.get_running_loop().create_future()
        try:
            await self.commands.api(MARK_COMMAND.decode(), mark)
            async with asyncio.timeout(self._patience):
                await arrived
        except (TimeoutError, CommandTimeout, CommandFailed):
            return False
        finally:
            del self._marks[mark]
        return True

    # -- to look at -----------------------------------------------------------------------------------------------

    def stats(self) -> SwitchStats:
        """Return this moment's figures."""
        return SwitchStats(
            switch=self.switch,
            state=self.state,
            core_uuid=self.core_uuid,
            events=self._events,
            bytes=self._bytes + (self._link.bytes_received if self._link is not None else 0),
            last_heard=self.last_heard,
            links=self._links,
            gaps=self._gaps,
            overflows=self._overflows,
            missing=self._missing,
            legs=len(self.legs),
            pauses=self._valve.pauses,
            malformed=self._malformed,
            forged=self._node.door.forged_of(self.switch),
            encoding=self.commands.encoding,
            faults=self.faults,
            trouble=self.trouble,
            fetches=self._fetches.stats if self._fetches is not None else None,
            version=self._version,
            supplied=self._lines is not None and self._lines.supplied,
        )

    def remember(self) -> Remembered:
        """Return what another session with this switch should start from."""
        return Remembered(self.core_uuid, self.last_heard, self.legs.alive())
