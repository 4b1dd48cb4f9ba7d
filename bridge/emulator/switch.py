"""An emulated switch: a node of its own that behaves towards Harmony as mod_erlang_event does.

It plays recorded calls, several at once, each time as new ones, on and on; they can only be hung up. Beside them it has
phones that live, and obeys (`bridge.emulator.exchange`); what it needs to know of users and numbers it fetches from
whoever is bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid4

from bridge.emulator.cast import COMPANIES
from bridge.emulator.core import Core
from bridge.emulator.exchange import COMMANDS, Exchange, Fetch, Life, Phone, Town, registrations, rows
from bridge.emulator.exchange.threads import Thread
from bridge.emulator.listener import Listener
from bridge.emulator.scene import Scene
from bridge.emulator.sound import write
from bridge.emulator.take import Take
from bridge.errors import NotConnected
from bridge.node import Envelope, Link, Node
from bridge.term import Atom, Pid, String, Term

LOG: Final = logging.getLogger("harmony.emulator")
HEARTBEAT: Final = 20.0
FIRST_PORT: Final = 6100
"""of the phones, as their contacts say; nobody listens there"""
_REGISTERED: Final = "mod_erlang_event"
_ENDS: Final = frozenset({"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"})


class EmulatedSwitch:
    """Plays ``scenes`` on ``lines`` lines at once; each line rests a little between two calls."""

    def __init__(
        self,
        node: Node,
        scenes: Sequence[Scene],
        *,
        speed: float = 1.0,
        lines: int = 4,
        rest: float = 3.0,
        core: Core | None = None,
        random: Random | None = None,
        companies: Sequence[bytes] = COMPANIES,
    ) -> None:
        """``companies``: who speaks in the recordings."""
        self.core = core or Core()
        self.played = 0
        self._node, self._scenes = node, [scene for scene in scenes if scene.events]
        self._speed, self._lines, self._rest = speed, lines, rest
        self._random = random or Random()
        self._companies = companies
        self.exchange = Exchange(self.core, _now(), self._random)
        self.exchange.fetched = self._fetch
        self._news = asyncio.Event()
        self._listeners: dict[str, Listener] = {}
        self._playing: dict[Take, asyncio.Event] = {}

    def furnish(self, users: Sequence[tuple[str, str]]) -> None:
        """Give each user (name, domain) a phone that registers."""
        for number, (name, domain) in enumerate(users):
            phone = Phone(self.exchange, name, domain, FIRST_PORT + 2 * number)
            self.exchange.start(phone.stay())

    def keep_sound(self, directory: Path) -> None:
        """Write what is recorded into files there."""
        self.exchange.kept = partial(write, directory)

    def enliven(self, towns: Sequence[Town]) -> None:
        """Let the people of these companies call each other."""
        life = Life(self.exchange, towns, Random(self._random.getrandbits(32)))
        self.exchange.start(life.thread())

    async def run(self, stop: asyncio.Event) -> None:
        """Listen and play until ``stop`` is set; raise `NodeError` when the node cannot start."""
        await self._node.start()
        self._mailbox = self._node.mailbox(_REGISTERED)
        self._mailbox.on_message = self._message
        self._node.catch_all(self._mailbox)
        self._node.on_link_down.append(self._link_down)
        tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._live())]
        tasks += [asyncio.create_task(self._line(number)) for number in range(self._lines if self._scenes else 0)]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._node.stop()

    # -- playing --------------------------------------------------------------------------------------------------

    async def _line(self, number: int) -> None:
        """One telephone line: a call, a rest, another call. The lines begin one after another."""
        await asyncio.sleep(number * self._rest / max(1, self._lines) / self._speed)
        bag: list[Scene] = []
        while True:
            if not bag:
                bag = list(self._scenes)
                self._random.shuffle(bag)
            await self.play(bag.pop())
            await asyncio.sleep(self._random.uniform(0.3, 1.7) * self._rest / self._speed)

    async def play(self, scene: Scene) -> None:
        """Play a scene once, as calls that happen now."""
        take = Take(scene, self.core, _now(), self._speed, self._random, self._companies)
        hangup = self._playing[take] = asyncio.Event()
        try:
            for index, event in enumerate(scene.events):
                early = (take.due(index) - _now()) / 1e6
                if early > 0 and not hangup.is_set():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(early):
                            await hangup.wait()
                if hangup.is_set():
                    if event.name not in _ENDS or not self.has(take.leg(index)):
                        continue
                    take.hasten(max(0, take.due(index) - _now()))
                self._send_event(event.name, event.subclass, take.term(index))
        finally:
            del self._playing[take]
        self.played += 1

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            self._send_event("HEARTBEAT", "", self.core.heartbeat())

    def _send_event(self, name: str, subclass: str, term: bytes) -> None:
        self.core.note(name, term)
        for listener in self._listeners.values():
            if listener.handler is not None and listener.subscription.wants(name, subclass):
                with contextlib.suppress(NotConnected):
                    self._node.send_encoded(listener.handler, term, self._mailbox.pid)

    # -- what a listener needs of its switch ----------------------------------------------------------------------

    def api(self, pid: Pid, command: str, argument: str) -> tuple[bool, str] | None:
        """Run a command; it makes an API event, as in a real core. What takes its time is told later."""
        result: list[tuple[bool, str]] = []
        late: list[bool] = []

        def run() -> Thread[None]:
            result.append((yield from self._run(command, argument)))
            if late and (listener := self._of(pid)) is not None:
                self._send(pid, listener.result(*result[0]))

        self._start(run())
        if result:
            return result[0]
        late.append(True)
        return None

    def _run(self, command: str, argument: str) -> Thread[tuple[bool, str]]:
        told = [("API-Command", command), ("API-Command-Argument", argument)]
        self.exchange.fire("API", told if argument else told[:1])
        known = COMMANDS.get(command)
        if known is not None and not self._recorded(argument):
            said = known(self.exchange, argument)
            output = said if isinstance(said, str) else (yield from said)
            return not output.startswith("-"), output
        if command == "show" and argument == "registrations as json":
            return True, registrations(self.exchange)
        self.core.channels |= rows(self.exchange)
        if command == "uuid_kill":
            self._hang_up(argument.partition(" ")[0])
        return self.core.api(command, argument)

    def _recorded(self, argument: str) -> bool:
        """Whether a command is about a leg of a recording."""
        return any(
            leg in self.core.channels and leg not in self.exchange.channels for leg in argument.split(" ")[:2] if leg
        )

    def _start(self, thread: Thread[None]) -> None:
        """Let a thread of the exchange run at once; its events go out behind the answer to what caused it."""
        self.exchange.threads.run(_now())
        self.exchange.start(thread)
        self.exchange.threads.run(_now())
        self._news.set()

    async def _live(self) -> None:
        """Let the time of the exchange pass, and send what happens."""
        while True:
            self._news.clear()
            for event in self.exchange.advance(_now()):
                self._send_event(event.name, event.subclass, event.term)
            due = self.exchange.threads.due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0.0, (due - _now()) / 1e6)):
                    await self._news.wait()

    def _fetch(self, asked: Fetch) -> None:
        pid = next((one.bound[asked.section] for one in self._listeners.values() if asked.section in one.bound), None)
        if pid is None:
            asked.answer = ""
            return
        values: list[Term] = [Atom("undefined") if asked.leg is None else self.text(asked.leg)]
        values += [(self.text(name), self.text(value)) for name, value in asked.values]
        which = [self.text(text) for text in asked.which]
        if not self._send(pid, (Atom("fetch"), Atom(asked.section), *which, self.text(asked.fetch_id), values)):
            asked.answer = ""

    def reply(self, fetch_id: str, xml: str) -> bool:
        """Take the answer to a fetch."""
        known = self.exchange.reply(fetch_id, xml)
        self._news.set()
        return known

    def _of(self, pid: Pid) -> Listener | None:
        return self._listeners.get(str(pid.node))

    def _send(self, pid: Pid, term: Term) -> bool:
        with contextlib.suppress(NotConnected):
            self._node.send(pid, term, self._mailbox.pid)
            return True
        return False

    def _hang_up(self, leg: str) -> None:
        """A recording has one end: with one leg all of its scene end, as it ended when it was recorded."""
        for take, hangup in self._playing.items():
            if self.has(leg) and take.has(leg):
                hangup.set()

    def job(self, pid: Pid, command: str, argument: str) -> str:
        """Run a command a little later; the answer comes before its BACKGROUND_JOB."""
        number = str(uuid4())

        def run() -> Thread[None]:
            good, output = yield from self._run(command, argument)
            self._send(pid, (Atom("bgok" if good else "bgerror"), self.text(number), self.text(output)))
            told = {"Job-UUID": number, "Job-Command": command, "Job-Command-Arg": argument}
            told |= {"Job-Successful": "true" if good else "false", "body": output}
            self.exchange.fire("BACKGROUND_JOB", list(told.items()))

        asyncio.get_running_loop().call_soon(lambda: self._start(run()))
        return number

    def has(self, leg: str) -> bool:
        """Say whether a channel lives."""
        return leg in self.core.channels or leg in self.exchange.channels

    def fire(self, name: str, subclass: str, headers: list[tuple[str, str]]) -> None:
        """Make an event and send it, behind the answer to what caused it."""
        self.exchange.threads.run(_now())
        self.exchange.fire(name, headers, subclass)
        self._news.set()

    def text(self, text: str) -> Term:
        """Write a text in the encoding of the switch."""
        data = text.encode()
        if self.core.encoding == "binary":
            return data
        return String(data) if data else []

    # -- links ----------------------------------------------------------------------------------------------------

    def _message(self, envelope: Envelope) -> None:
        sender, link = envelope.sender, envelope.link
        if sender is None or link is None:
            return
        listener = self._listeners.get(link.peer)
        if listener is None:
            listener = self._listeners[link.peer] = Listener(self, link.peer, self._mailbox.pid)
        reply = listener.answer(envelope.term, sender)
        if envelope.term == Atom("register_event_handler"):
            self._mailbox.link(sender)
        if reply is not None:
            self._mailbox.send(sender, reply)
        if envelope.term == Atom("exit"):
            link.close("the peer asked to close")

    def _link_down(self, link: Link, reason: str) -> None:
        self._listeners.pop(link.peer, None)


def _now() -> int:
    return time.time_ns() // 1000
