"""Commands to a switch: `api`, `bgapi` with its later answer, `sendmsg`, `sendevent`.

mod_erlang_event answers to the sender's pid without a reference, so each command has a process of its own, and a late
answer finds nobody. What the commands mean, and events, do not belong here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from bridge.errors import BridgeError, NotConnected
from bridge.node import Mailbox, Node
from bridge.session.texts import from_switch, to_switch
from bridge.term import Atom, String, Term

REGISTERED: Final = "mod_erlang_event"  # any registered name will do: the module looks at none but net_kernel
_OK, _ERROR, _DOWN = Atom("ok"), Atom("error"), Atom("DOWN")
_BGOK, _BGERROR = Atom("bgok"), Atom("bgerror")


class CommandFailed(BridgeError):
    """The switch refused a command or could not do it; ``text`` is its own answer."""

    code = "switch-command-failed"

    def __init__(self, sentence: str, text: str) -> None:
        super().__init__(sentence)
        self.text = text


class CommandTimeout(BridgeError):
    """The switch did not answer in time."""

    code = "switch-timeout"


class Job:
    """A `bgapi` on its way: its number at once, its answer later."""

    def __init__(
        self, uuid: str, command: str, mailbox: Mailbox, commands: Commands, early: Term | None = None
    ) -> None:
        """``early``: its answer, where that came before its number."""
        self.uuid = uuid
        self._command = command
        self._commands = commands
        self._mailbox = mailbox
        self._answer = asyncio.ensure_future(self._wait(early))
        self._answer.add_done_callback(_seen)

    async def result(self, patience: float = 60.0) -> str:
        """Return the command's output; raise `CommandFailed`, or `CommandTimeout` (the job itself goes on)."""
        try:
            async with asyncio.timeout(patience):
                return await asyncio.shield(self._answer)
        except TimeoutError:
            raise self._commands.late(self._command, patience) from None

    def abandon(self) -> None:
        """Wait for the answer no longer."""
        self._answer.cancel()

    async def _wait(self, early: Term | None) -> str:
        try:
            reply = await self._commands.next_reply(self._mailbox) if early is None else early
        finally:
            self._mailbox.close()
        match reply:
            case (tag, _, answer) if (text := from_switch(answer)) is not None:
                if tag == _BGOK:
                    return text
                raise self._commands.failed(self._command, text)
        raise self._commands.foreign(self._command, reply)


class Commands:
    """What may be asked of one switch while there is a link to it."""

    def __init__(self, node: Node, switch: str, patience: float = 10.0) -> None:
        self._node = node
        self._switch = switch
        self._patience = patience
        self.encoding: str | None = None
        """string or binary, as the switch writes; known from its first longer answer"""

    async def api(self, command: str, argument: str = "", patience: float | None = None) -> str:
        """Run a short command and return its output. It holds up the switch's sending of events while it runs."""
        return self._text(command, await self.ask((Atom("api"), Atom(command), to_switch(argument)), patience))

    async def bgapi(self, command: str, argument: str = "", patience: float | None = None) -> Job:
        """Start a command in a thread of the switch's; what it answers comes by the job."""
        mailbox = self._node.mailbox(of=self._switch)
        try:
            message = (Atom("bgapi"), Atom(command), to_switch(argument))
            reply = await self._ask(mailbox, message, patience)
            match reply:
                # A quick job's thread may send before the thread that started it does (1 to 3 % of them, any version).
                case (tag, number, _) if tag in (_BGOK, _BGERROR) and (early := from_switch(number)) is not None:
                    return Job(early, command, mailbox, self, reply)
            uuid = self._text(command, reply)
        except BaseException:
            mailbox.close()
            raise
        return Job(uuid, command, mailbox, self)

    async def sendmsg(self, leg: str, headers: Mapping[str, str], patience: float | None = None) -> None:
        """Send a message to a leg, e.g. ``{"call-command": "execute", "execute-app-name": "hold"}``."""
        reply = await self.ask((Atom("sendmsg"), to_switch(leg), _pairs(headers)), patience)
        self._accepted(f"sendmsg to {leg}", reply)

    async def sendevent(
        self,
        name: str,
        subclass: str | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> None:
        """Fire an event on the switch; ``body`` among the headers becomes its body.

        The module does not answer at all to an event name that it does not know: then this raises `CommandTimeout`.
        """
        kind: tuple[Term, ...] = (Atom(name),) if subclass is None else (Atom(name), Atom(subclass))
        reply = await self.ask((Atom("sendevent"), *kind, _pairs(headers or {})), patience)
        self._accepted(f"sendevent {name}", reply)

    async def subscribe(self, *names: str, patience: float | None = None) -> None:
        """Subscribe the connection to events by name, or to ALL."""
        self._accepted("event", await self.ask((Atom("event"), *map(Atom, names)), patience))

    async def ask(self, message: Term, patience: float | None = None) -> Term:
        """Send one message and return the one answer."""
        mailbox = self._node.mailbox(of=self._switch)
        try:
            return await self._ask(mailbox, message, patience)
        finally:
            mailbox.close()

    async def _ask(self, mailbox: Mailbox, message: Term, patience: float | None) -> Term:
        limit = self._patience if patience is None else patience
        mailbox.monitor((REGISTERED, self._switch))  # libei is not told; we hear when the link is lost
        self._node.send((REGISTERED, self._switch), message, mailbox.pid)
        try:
            async with asyncio.timeout(limit):  # not wait_for: until Python 3.12 it may swallow a cancellation
                return await self.next_reply(mailbox)
        except TimeoutError:
            raise self.late(_name(message), limit) from None

    async def next_reply(self, mailbox: Mailbox) -> Term:
        """Return the next message that is an answer; raise `NotConnected` when the link is lost before."""
        reply = await mailbox.receive()
        if isinstance(reply, tuple) and len(reply) == 5 and reply[0] == _DOWN:
            raise NotConnected(
                f"The link to {self._switch} was lost before it answered; whether it obeyed is not known"
            )
        return reply

    def _text(self, command: str, reply: Term) -> str:
        match reply:
            case (tag, answer) if (text := from_switch(answer)) is not None and not isinstance(answer, Atom):
                self._note_encoding(answer)
                if tag == _OK:
                    return text
                raise self.failed(command, text)
            case (tag, Atom() as reason) if tag == _ERROR:
                raise self.failed(command, reason)
        raise self.foreign(command, reply)

    def _accepted(self, what: str, reply: Term) -> None:
        match reply:
            case Atom("ok"):
                return
            case (tag, Atom() as reason) if tag == _ERROR:
                raise self.failed(what, reason)
        raise self.foreign(what, reply)

    def _note_encoding(self, answer: Term) -> None:
        if isinstance(answer, bytes):
            self.encoding = "binary"
        elif isinstance(answer, String):
            self.encoding = "string"

    def failed(self, command: str, text: str) -> CommandFailed:
        """Return the error for a refusal."""
        return CommandFailed(f"{self._switch} answered to {command}: {text.strip() or 'nothing'}", text)

    def late(self, command: str, seconds: float) -> CommandTimeout:
        """Return the error for no answer."""
        return CommandTimeout(
            f"{self._switch} did not answer to {command} within {seconds:g} s: it may be busy, or stuck; "
            "look whether its events still come."
        )

    def foreign(self, command: str, reply: Term) -> CommandFailed:
        """Return the error for an answer that mod_erlang_event does not give."""
        return CommandFailed(
            f"{self._switch} answered to {command} with something unknown: {reply!r:.200}", repr(reply)
        )


def _pairs(headers: Mapping[str, str]) -> list[Term]:
    return [(to_switch(name), to_switch(value)) for name, value in headers.items()]


def _name(message: Term) -> str:
    words = message if isinstance(message, tuple) else (message,)
    return " ".join(str(word) for word in words[:2] if isinstance(word, Atom))


def _seen(answer: asyncio.Future[str]) -> None:
    """Mark the error of a job that nobody waits for as seen: it was the caller's to ask."""
    if not answer.cancelled():
        answer.exception()
