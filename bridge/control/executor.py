"""Taking commands and carrying them out, each once: what was taken is sent at most once, and its end is always told.

It runs beside the event path and shares nothing with it but the link: the database is waited for in a thread, at most
``room`` commands are under way, and each waits for its own answer. What a command is on the wire is `compose`'s; what
may be asked, and how it is kept, is `core.commands`'.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID, uuid4

from bridge.control.compose import compose, questions
from bridge.control.hints import Hints
from bridge.control.mailboxes import question
from bridge.control.steps import Event, Job, Plan
from bridge.errors import BridgeError, NotConnected
from bridge.session.commands import CommandFailed, Commands, CommandTimeout
from core.commands.mailboxes import Answer, Question, claim
from core.commands.mailboxes import answer as give
from core.commands.orders import Command, CommandError, Dtmf, Result
from core.commands.store import CommandStore
from core.errors import HarmonyError
from core.following.tasks import follow

LOG: Final = logging.getLogger("harmony.commands")
ROOM: Final = 32
_AGAIN: Final = 1.0  # seconds until the database is tried again
_GRACE: Final = 2.0  # seconds for what is under way when the bridge ends
_NOT_SENT: Final = "There was no link to the switch: nothing was sent."
_STOPPED: Final = "It is not known whether the switch obeyed: the bridge was stopped before it answered."
_NEW_LEG: Final = re.compile(r"\+OK ([0-9A-Za-z._-]{1,64})\s*")
T = TypeVar("T")


class Link(Protocol):
    """What is needed of a session with a switch."""

    switch: str
    state: str
    commands: Commands


class Outcome(Exception):
    """Ends the carrying out of a command with its result."""

    def __init__(self, result: Result, said: str, leg: str | None = None) -> None:
        super().__init__(said)
        self.result, self.said, self.leg = result, said, leg


class Executor:
    """Carries commands out for the switches whose links are up, until `run` is cancelled."""

    def __init__(self, links: Sequence[Link], store: CommandStore, *, room: int = ROOM, poll: float = 1.0) -> None:
        """``poll``: how often it is looked for commands of which no hint came, in seconds."""
        self._links = {link.switch: link for link in links}
        self._store = store
        self._room, self._poll = room, poll
        self._under_way: dict[UUID, asyncio.Task[None]] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "commands")

    async def run(self) -> None:
        """Never returns. What an earlier bridge left half done is told as unknown first."""
        hints = Hints(self._store.dsn, asyncio.get_running_loop(), self._look.set)
        try:
            left = await self._surely(lambda: self._store.abandoned(list(self._links)))
            if left:
                LOG.warning(
                    "%d commands were under way when the last bridge ended; what became of them is unknown", len(left)
                )
            hints.start()
            await follow("commands", self._take, self._poll, wake=self._look, first=_AGAIN)
        finally:
            hints.finish()
            await self._end()

    async def _take(self) -> None:
        up = [name for name, link in self._links.items() if link.state == "up"]
        free = self._room - len(self._under_way)
        commands = await self._stored(lambda: self._store.claim(up, free)) if up and free > 0 else []
        for command in commands:
            task = asyncio.create_task(self._carry_out(command))
            self._under_way[command.command_id] = task
            task.add_done_callback(partial(self._done, command.command_id))
        await self._mailboxes(up)
        down = [name for name in self._links if name not in up]
        if down:
            await self._stored(lambda: self._store.expire(down))

    async def _mailboxes(self, up: Sequence[str]) -> None:
        """Answer what is asked about mailboxes, beside the commands."""
        for one in await self._stored(lambda: self._store.work(partial(claim, switches=up))) if up else []:
            task = asyncio.create_task(self._mailbox(one))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _mailbox(self, one: Question) -> None:
        try:
            ask = question(one.asked)
            answer = Answer(True, await self._links[one.switch].commands.api(ask.command, ask.argument))
        except (BridgeError, CommandError) as error:
            answer = Answer(False, str(error))
        if answer.text.startswith("-"):
            answer = Answer(False, answer.text)
        with contextlib.suppress(HarmonyError):  # who asked is told that nobody answered
            await self._stored(lambda: self._store.work(partial(give, question_id=one.question_id, given=answer)))

    def _done(self, command_id: UUID, _: object = None) -> None:
        self._under_way.pop(command_id, None)
        self._look.set()  # there is room again

    async def _carry_out(self, command: Command) -> None:
        try:
            await self._send(command)
        except Outcome as outcome:
            await self._tell(command, outcome)
        except asyncio.CancelledError:
            raise
        except Exception:
            LOG.exception("Command %s failed in a way that was not foreseen", command.command_id)
            await self._tell(command, Outcome("unknown", "It failed inside the bridge: see its log."))

    async def _send(self, command: Command) -> None:
        """Ask, then act; always ends by `Outcome`."""
        link = self._links[command.switch]
        commands, order = link.commands, command.order
        try:
            answers = {ask.line: await commands.api(ask.command, ask.argument) for ask in questions(order)}
            plan = compose(order, answers, str(uuid4()))
        except NotConnected:
            raise Outcome("failed", _NOT_SENT) from None
        except CommandFailed as error:
            raise Outcome("failed", error.text.strip()) from None
        except (CommandTimeout, CommandError) as error:
            raise Outcome("failed", str(error)) from None
        if link.state != "up":
            raise Outcome("failed", _NOT_SENT)
        said = ""
        for number, step in enumerate(plan.steps):
            last = number == len(plan.steps) - 1
            try:
                said = await self._step(commands, command, step, plan if last else None)
            except CommandFailed as error:
                raise Outcome("failed", error.text.strip()) from None
            except BridgeError as error:
                raise Outcome("unknown", str(error)) from None
        raise Outcome("ok", self._shown(command, said), self._leg(plan, said))

    async def _step(self, commands: Commands, command: Command, step: Job | Event, plan: Plan | None) -> str:
        """Send one message and return the switch's answer to it; ``plan`` with the last one."""
        if isinstance(step, Event):
            await commands.sendevent(step.name, None, step.headers)
            return "ok"
        job = await commands.bgapi(step.command, step.argument)
        try:
            if plan is not None:
                await self._surely(lambda: self._store.accepted(command.command_id, job.uuid, plan.leg))
            said = (await job.result(step.patience)).strip()
        finally:
            job.abandon()
        if not said.startswith("+OK"):
            raise CommandFailed(f"{command.switch} answered to {step.command}: {said:.200}", said)
        return said

    def _leg(self, plan: Plan, said: str) -> str | None:
        made = _NEW_LEG.fullmatch(said) if plan.makes_leg else None
        return made[1] if made else plan.leg

    def _shown(self, command: Command, said: str) -> str:
        """The switch's words, without the digits that it repeats: they may be somebody's secret."""
        return said.split(" ")[0] if isinstance(command.order, Dtmf) else said

    async def _tell(self, command: Command, outcome: Outcome) -> None:
        """Tell the end, however long the database stays away: it is the only record of it."""
        await self._surely(lambda: self._store.completed(command.command_id, outcome.result, outcome.said, outcome.leg))

    async def _end(self) -> None:
        """Wait a moment for what is under way, and tell what is not known of the rest."""
        for asking in self._asking:
            asking.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        tasks = dict(self._under_way)
        if tasks:
            await asyncio.wait(tasks.values(), timeout=_GRACE)
        left = [command_id for command_id, task in tasks.items() if not task.done()]
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for command_id in left:
            with contextlib.suppress(HarmonyError):  # then the next start tells it
                await self._stored(partial(self._store.completed, command_id, "unknown", _STOPPED))
        await self._stored(self._store.close)
        self._thread.shutdown(wait=False)

    async def _surely(self, work: Callable[[], T]) -> T:
        said = ""
        while True:
            try:
                return await self._stored(work)
            except Exception as error:
                if str(error) != said:
                    trace = None if isinstance(error, HarmonyError) else error
                    LOG.warning("The outcome of a command waits for the database: %s", error, exc_info=trace)
                said = str(error)
                await asyncio.sleep(_AGAIN)

    async def _stored(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
