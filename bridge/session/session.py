"""A session with one switch: from connecting to the loss of the link, everything between in order.

Register, subscribe to ALL, look at the switch's settings, then reconcile; every event goes to the sink as it came
(`intake`), and every loss, proven gap, overflow and reconciliation (`upkeep`) becomes an event of our own there. Its
two links (bridge/session/lines.py) are one to it: "the link" is that of the events, and either ends with the other.
Trying again after a loss is the supervisor's; what the events mean is nobody's here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bridge.errors import BridgeError, NodeError
from bridge.node import Link, Mailbox, Node
from bridge.session.announce import Announcer
from bridge.session.channels import sessions_since_startup
from bridge.session.clock import now
from bridge.session.commands import REGISTERED, CommandFailed, Commands, CommandTimeout
from bridge.session.fetches import Fetches
from bridge.session.intake import Intake, Sink
from bridge.session.legs import Legs
from bridge.session.lines import BESIDE, Lines
from bridge.session.settings import ERLANG, SOFIA, erlang_faults, sofia_faults
from bridge.session.standing import LOOK, Standing
from bridge.session.upkeep import Upkeep
from bridge.session.values import Remembered, SwitchStats
from bridge.session.valve import Valve
from bridge.session.version import fell_at_once, runs_dry, version_of
from bridge.term import Atom
from core.headers import is_event
from core.own_event import OwnEvents
from core.registry import Registry
from core.registry.snapshot import EMPTY

__all__ = ["Remembered", "Sink", "SwitchSession", "SwitchStats"]

LOG: Final = logging.getLogger("harmony.switch")
AT_ONCE: Final = 1_000_000
"""µs after its first events within which the end of a link is no accident"""
_REGISTER_OK: Final = frozenset({b"\x83d\x00\x02ok", b"\x83w\x02ok", b"\x83s\x02ok", b"\x83v\x00\x02ok"})


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
        self.legs = Legs(before.legs)
        self.joined = asyncio.Event()
        """set while the link is up and the first reconciliation is done"""
        self._node, self._cookie, self._patience = node, cookie, patience
        self._valve, self._expected = Valve(pressure), encoding
        self._announce = Announcer(switch, str(node.name), own or OwnEvents(), lambda term: sink(str(node.name), term))
        self._unended = before.unended
        self._intake = Intake(switch, sink, self._announce, self.legs, before)
        self._upkeep = Upkeep(
            switch, self.commands, self.legs, self._intake, self._announce, self._valve, patience, quiet
        )
        self._links = self._bytes = 0
        self._link: Link | None = None
        self._registered: asyncio.Future[None] | None = None
        self._version: str | None = None
        self._wary = False  # a link fell at its first events: whatever the version, the next one is supplied
        self._lines: Lines | None = None
        self._registry = registry
        self._served = False  # fetches are ours, or were tried to be, over this link
        self._fetches = Fetches(calm, switch, registry, patience, keep) if registry is not None else None
        self._standing = Standing(self.commands, switch, registry) if registry is not None else None

    @property
    def core_uuid(self) -> str | None:
        """Of the switch's core, as far as it is known."""
        return self._intake.core_uuid

    @property
    def last_heard(self) -> int | None:
        """When its last event came, µs since the epoch."""
        return self._intake.last_heard

    def announce_unended(self) -> None:
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
        self._intake.first = None
        self._lines = lines = Lines(self._node, self.switch, self._patience)
        try:
            self._link = link = await lines.open(self._cookie)
            mailbox = self._node.mailbox(of=self.switch)
            mailbox.on_raw = self._message
            await self._join(link, mailbox)
            tending = [asyncio.create_task(self._upkeep.tend(link.close)), asyncio.create_task(lines.tend(self._valve))]
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
        first = self._intake.first
        lasted = None if first is None else now() - first
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
        self._intake.hold()
        assert self._lines is not None
        await self._lines.subscribe(link, runs_dry(self._version) or self._wary)
        if link.closed.is_set():
            raise NodeError(f"The link to {self.switch} was lost while joining: {link.closed.reason}")
        self._up(None if core is None else core.strip(), None if status is None else sessions_since_startup(status))
        await self._look_at_settings()  # before fetches are ours: the thread that looks could not take our answer
        if self._registry is not None and self._registry() is not EMPTY:
            await self._serve_fetches()
        await self._upkeep.reconcile("link")
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
        at, old = now(), self.core_uuid
        missed = self._intake.watch(core, sessions, at)
        self._announce.link_up(core, old, self.last_heard, at, missed, self.commands.encoding)
        self._intake.core_uuid, self.state, self.trouble = core, "up", ""
        self._links += 1
        self._intake.begin()
        LOG.info("The link to %s is up, its core is %s", self.switch, core, extra={"switch": self.switch})

    def _leave(self, link: Link | None, mailbox: Mailbox | None, reason: str) -> None:
        if self.state == "up":
            self._announce.link_down(self.core_uuid, self.last_heard, now(), reason)
        self.state = "down"
        self.joined.clear()
        self._intake.end()
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
            if self._intake.take(term):
                self._valve.passed(link)
        elif self._registered is not None and not self._registered.done() and term in _REGISTER_OK:
            self._registered.set_result(None)

    # -- to look at -----------------------------------------------------------------------------------------------

    def stats(self) -> SwitchStats:
        """Return this moment's figures."""
        return SwitchStats(
            switch=self.switch,
            state=self.state,
            core_uuid=self.core_uuid,
            events=self._intake.events,
            bytes=self._bytes + (self._link.bytes_received if self._link is not None else 0),
            last_heard=self.last_heard,
            links=self._links,
            gaps=self._intake.gaps,
            overflows=self._intake.overflows,
            missing=self._intake.missing,
            legs=len(self.legs),
            pauses=self._valve.pauses,
            malformed=self._intake.malformed,
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
